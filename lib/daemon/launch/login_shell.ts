/**
 * Determines the PATH of the user's login shell for processes, because a daemon that is started over SSH has a shorter
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
const FALLBACK_SHELLS = ["/bin/zsh", "/bin/bash", "/bin/sh"];

/** Options of {@linkcode loginPath} and {@linkcode loginVariable}. */
export interface LoginPathOptions {
  /** The value of `$SHELL`. */
  readonly shell: string | undefined;
  /** The log of the daemon. */
  readonly log: Logger;
  /** Kills the shell when it is aborted. */
  readonly signal?: AbortSignal;
  /** The source of time. */
  readonly clock?: Clock;
}

/** Returns the PATH of the login shell; `undefined` if it cannot be determined. Never rejects. */
export async function loginPath(options: LoginPathOptions): Promise<string | undefined> {
  const path = await loginVariable("PATH", options);
  if (path !== undefined) options.log.debug(`[shellenv] Extracted shell PATH (${path.length} chars)`);
  return path;
}

/**
 * Returns a variable of the login shell; `undefined` if it cannot be determined, or is empty. Never rejects.
 *
 * @param name The name of the variable.
 */
export async function loginVariable(name: string, options: LoginPathOptions): Promise<string | undefined> {
  const { shell, log } = options;
  const chosen = chooseShell(shell);
  if (chosen === undefined) return undefined;
  try {
    return parseValue(name, await runShell(chosen, name, options));
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    log.warn(`[shellenv] Failed to extract ${name} from login shell: ${reason}`);
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
    return false; // the next shell is tried instead
  }
}

async function runShell(shell: string, name: string, { log, signal, clock }: LoginPathOptions): Promise<string> {
  const child = new Deno.Command(shell, {
    args: ["-l", "-i", "-c", `printf '%s%s\\n' '${sentinelOf(name)}' "$${name}"`],
    env: { DISABLE_AUTO_UPDATE: "true", ZSH_DISABLE_COMPFIX: "true" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  const output = readText(child.stdout);
  const finished = Promise.all([output, child.status]);
  const isInTime = await endsInTime(new ProcessGroup(child), finished, { timeoutMs: TIMEOUT_MS, signal, clock });
  if (!isInTime) throw new Error(`shell ${name} extraction timed out (${shell})`);
  const { code, signal: ending } = await child.status;
  if (code !== 0) {
    const how = ending === null ? `exit status ${code}` : `signal: ${ending}`;
    log.warn(`[shellenv] Shell command exited with error (may still have ${name}): ${how}`);
  }
  return await output;
}

/** Reads to the end, but keeps only a bounded amount: a profile may print without limit. */
async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    if (text.length < MAX_OUTPUT_BYTES) text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/** The text before the value; a profile may print anything before and after it. */
function sentinelOf(name: string): string {
  return `__CLAUSTRUM_${name}__`;
}

/** Returns the text after the last sentinel; only a PATH that is empty is worth a warning. */
function parseValue(name: string, output: string): string | undefined {
  const sentinel = sentinelOf(name);
  const at = output.lastIndexOf(sentinel);
  const value = at < 0 ? "" : output.slice(at + sentinel.length).split("\n", 1)[0]!;
  if (value !== "") return value;
  if (at >= 0 && name !== "PATH") return undefined;
  const shown = output.length > MAX_SHOWN_BYTES ? `${output.slice(0, MAX_SHOWN_BYTES)}...` : output;
  throw new Error(`${name} sentinel not found in shell output: ${shown}`);
}
