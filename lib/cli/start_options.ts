/**
 * Under which circumstances `claustrum run` starts a command.
 *
 * @module
 */

import type { Client, RemoteSpawnOptions } from "../client/connect.ts";
import { parseRestartPolicy } from "../process/restart_policy.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { shellQuote } from "../system/quote.ts";
import { absolutePath } from "./absolute_path.ts";
import { requireExtension } from "./daemon_extensions.ts";
import { showId } from "./process_text.ts";
import { UsageError } from "./usage_error.ts";

/** The flags that {@linkcode startOptions} reads. */
export interface StartFlags {
  /** The id that the user has chosen. */
  readonly id: string | undefined;
  /** Whether a running process that has the id is killed. */
  readonly replace: boolean;
  /** When the command is started again. */
  readonly restart: string | undefined;
  /** Labels, as `NAME=VALUE` or `NAME`. */
  readonly label: readonly string[];
  /** The file of the log, `""` for one that the daemon chooses; absent for none. */
  readonly log: string | undefined;
  /** Whether the command gets hardly anything of the daemon's environment. */
  readonly "clean-env": boolean;
}

type StartOptions = Pick<RemoteSpawnOptions, "fresh" | "restart" | "labels" | "log" | "cleanEnv">;

/**
 * Converts flags to options of a start.
 *
 * @throws {UsageError} If the restart policy is unknown.
 */
export function startOptions(
  { id, replace, restart, label, log, "clean-env": cleanEnv }: StartFlags,
): StartOptions {
  return {
    ...(id === undefined || replace ? {} : { fresh: true }),
    ...(restart === undefined || !isPolicy(restart) ? {} : { restart }),
    ...(log === undefined ? {} : { log: log === "" ? true : /^~(?:\/|$)/.test(log) ? log : absolutePath(log) }),
    ...(label.length === 0 ? {} : { labels: Object.fromEntries(label.map(parseLabel)) }),
    ...(cleanEnv ? { cleanEnv } : {}),
  };
}

/** Returns a directory as the daemon finds it: what is relative here is so to another directory there. */
export function directoryForDaemon(path: string): string {
  const isWhole = path.startsWith("/") || /^~(?:\/|$)/.test(path) || Deno.build.os === "windows";
  return isWhole ? path : absolutePath(path);
}

/** Parses `NAME=VALUE`, or `NAME` with an empty value. */
function parseLabel(text: string): [string, string] {
  const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(text) ?? [];
  if (name === "") throw new UsageError(`--label takes NAME=VALUE or NAME, not "${text}"`);
  return [name, value];
}

/** Whether a text is a policy other than `no`. */
function isPolicy(text: string): boolean {
  try {
    return parseRestartPolicy(text) !== undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`--restart takes no, always, on-failure or on-failure:N, not "${text}"`);
  }
}

/**
 * Checks that a command can be started as its options say. An older daemon would ignore some of them.
 *
 * @throws {ClaustrumError} If a running process has the id, or the daemon cannot restart processes.
 */
export async function checkStart(
  client: Client,
  { id, fresh = false, restart, labels, log, cleanEnv = false }: StartOptions & Pick<RemoteSpawnOptions, "id">,
): Promise<void> {
  if (restart !== undefined) await requireExtension(client, "process.restart", "restart processes");
  if (labels !== undefined) await requireExtension(client, "process.labels", "label processes");
  if (log !== undefined) await requireExtension(client, "process.log", "keep logs");
  if (cleanEnv) await requireExtension(client, "process.cleanEnv", "start a command in a clean environment");
  if (!fresh || id === undefined) return;
  const { processes } = await client.call("process.list");
  if (!processes.some((process) => process.id === id && process.running)) return;
  const quoted = shellQuote(showId(id));
  throw new ClaustrumError(
    `process "${showId(id)}" is running: choose another --id, attach to it with claustrum attach ${quoted}, ` +
      "or add --replace, which kills it",
  );
}
