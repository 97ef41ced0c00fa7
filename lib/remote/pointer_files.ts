/**
 * The files in which the agent CLI itself notes which remote-control server it runs for a directory.
 *
 * @module
 */

import { transcriptPath } from "../claude_home/transcript.ts";
import { errnoCode } from "../system/errno.ts";
import { NotRegularError, readRegularFile } from "../system/regular_file.ts";
import { tryDecodeUtf8 } from "../system/utf8.ts";

const MAX_BYTES = 64 << 10;

/** A server that the CLI notes. It may have ended: its process has to be checked. */
export interface BridgePointer {
  /** The process. */
  readonly pid: number;
  /** When the process was started, in ticks since the boot. */
  readonly procStart: string;
  /** The id of its environment, if it is noted. */
  readonly environmentId: string | null;
  /** The id of its session, if it is noted. */
  readonly sessionId: string | null;
}

/**
 * Reads what the CLI notes for a directory. A note without a process and its start is of no use: the process could not be
 * told from another one with the same id.
 *
 * @param path The directory, absolute and without symlinks.
 */
export async function readPointers(home: string, path: string): Promise<BridgePointer[]> {
  const file = transcriptPath(home, path, "x").replace(/x\.jsonl$/, "bridge-pointer.json");
  try {
    const bytes = await readRegularFile(file, MAX_BYTES);
    const text = bytes === undefined ? undefined : tryDecodeUtf8(bytes);
    return text === undefined ? [] : toPointer(JSON.parse(text));
  } catch (error) {
    // Most directories have none, one may be half written, and agents could put anything in its place.
    const isNone = error instanceof SyntaxError || error instanceof NotRegularError || errnoCode(error) !== undefined;
    if (isNone) return [];
    throw error;
  }
}

function toPointer(json: unknown): BridgePointer[] {
  if (typeof json !== "object" || json === null) return [];
  const { pid, procStart, environmentId, sessionId } = json as Readonly<Record<string, unknown>>;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return [];
  if (typeof procStart !== "string" && typeof procStart !== "number") return [];
  return [{
    pid,
    procStart: `${procStart}`,
    environmentId: isId(environmentId, "env_") ? environmentId : null,
    sessionId: isId(sessionId, "session_") ? sessionId : null,
  }];
}

function isId(value: unknown, prefix: string): value is string {
  return typeof value === "string" && value.startsWith(prefix) && /^\w[\w-]*$/.test(value);
}
