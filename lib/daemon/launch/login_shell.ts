/**
 * The PATH that the user's login shell has, for children: a daemon started over SSH has a shorter
 * one (contract: Daemon life).
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import { endsInTime } from "../../process/deadline.ts";
import { ProcessGroup } from "../../process/process_group.ts";
import type { Logger } from "../../system/log.ts";

const TIMEOUT_MS = 4_000;
const MAX_OUTPUT_BYTES = 1 << 20;
const MAX_SHOWN_BYTES = 200;
const SENTINEL = "__CLAUSTRUM_PATH__";
const FALLBACK_SHELLS = ["/bin/zsh", "/bin/bash", "/bin/sh"];

/** What the question needs. */
export interface LoginPathOptions {
  /** The user's shell, as `$SHELL` has it. */
  readonly shell: string | undefined;
  /** Where success and failure are told. */
  readonly log: Logger;
  /** Kills the shell, which then does not tell. */
  readonly signal?: AbortSignal;
  /** The source of time. */
  readonly clock?: Clock;
}

/** Asks the login shell for its PATH; `undefined` when it does not tell. Never rejects. */
export async function loginPath(options: LoginPathOptions): Promise<string | undefined> {
  const { shell, log } = options;
  const chosen = chooseShell(shell);
  if (chosen === undefined) return undefined;
  try {
    const path = await askShell(chosen, options);
    log.debug(`[shellenv] Extracted shell PATH (${path.length} chars)`);
    return path;
  } catch (error) {
    log.warn(`[shellenv] Failed to extract PATH from login shell: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

function chooseShell(shell: string | undefined): string | undefined {
  if (Deno.build.os === "windows") return undefined;
  const candidates = shell === undefined || shell === "" ? FALLBACK_SHELLS : [shell, ...FALLBACK_SHELLS];
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(file);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false; // then the next shell is tried
  }
}

async function askShell(shell: string, { log, signal, clock }: LoginPathOptions): Promise<string> {
  const child = new Deno.Command(shell, {
    args: ["-l", "-i", "-c", `printf '%s%s\\n' '${SENTINEL}' "$PATH"`],
    env: { DISABLE_AUTO_UPDATE: "true", ZSH_DISABLE_COMPFIX: "true" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  const output = readText(child.stdout);
  const finished = Promise.all([output, child.status]);
  const isInTime = await endsInTime(new ProcessGroup(child), finished, { timeoutMs: TIMEOUT_MS, signal, clock });
  if (!isInTime) throw new Error(`shell PATH extraction timed out (${shell})`);
  const { code, signal: ending } = await child.status;
  if (code !== 0) {
    const how = ending === null ? `exit status ${code}` : `signal: ${ending}`;
    log.warn(`[shellenv] Shell command exited with error (may still have PATH): ${how}`);
  }
  return parsePath(await output);
}

/** Reads up to the end, and no more than a cap: a profile may print for ever. */
async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    if (text.length < MAX_OUTPUT_BYTES) text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/** What stands behind the last sentinel; a profile may print anything around it. */
function parsePath(output: string): string {
  const at = output.lastIndexOf(SENTINEL);
  const path = at < 0 ? "" : output.slice(at + SENTINEL.length).split("\n", 1)[0]!;
  if (path !== "") return path;
  const shown = output.length > MAX_SHOWN_BYTES ? `${output.slice(0, MAX_SHOWN_BYTES)}...` : output;
  throw new Error(`PATH sentinel not found in shell output: ${shown}`);
}
