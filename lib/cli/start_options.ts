/**
 * Under which circumstances `claustrum run` starts a command.
 *
 * @module
 */

import type { Client, RemoteSpawnOptions } from "../client/connect.ts";
import { parseRestartPolicy } from "../process/restart_policy.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { shellQuote } from "../system/quote.ts";
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
}

type StartOptions = Pick<RemoteSpawnOptions, "fresh" | "restart" | "labels">;

/**
 * Converts flags to options of a start.
 *
 * @throws {UsageError} If the restart policy is unknown.
 */
export function startOptions({ id, replace, restart, label }: StartFlags): StartOptions {
  return {
    ...(id === undefined || replace ? {} : { fresh: true }),
    ...(restart === undefined || !isPolicy(restart) ? {} : { restart }),
    ...(label.length === 0 ? {} : { labels: Object.fromEntries(label.map(parseLabel)) }),
  };
}

/** Parses `NAME=VALUE`, or `NAME` with an empty value. */
function parseLabel(text: string): [string, string] {
  const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(text) ?? [];
  if (name === "") throw new UsageError(`--label takes NAME=VALUE, not "${text}"`);
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
  { id, fresh = false, restart, labels }: StartOptions & Pick<RemoteSpawnOptions, "id">,
): Promise<void> {
  if (restart !== undefined) await requireExtension(client, "process.restart", "restart processes");
  if (labels !== undefined) await requireExtension(client, "process.labels", "label processes");
  if (!fresh || id === undefined) return;
  const { processes } = await client.call("process.list");
  if (!processes.some((process) => process.id === id && process.running)) return;
  const quoted = shellQuote(showId(id));
  throw new ClaustrumError(
    `process "${showId(id)}" is running: choose another --id, attach to it with claustrum attach ${quoted}, ` +
      "or add --replace, which kills it",
  );
}
