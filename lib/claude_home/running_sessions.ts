/**
 * The agent CLI's own list of what runs: one file for each process.
 *
 * @module
 */

import { isMissing } from "../system/errno.ts";
import { readRegularFile } from "../system/regular_file.ts";
import { tryDecodeUtf8 } from "../system/utf8.ts";

/** A process of the agent CLI, as it describes itself. */
export interface RunningSession {
  /** The process. */
  readonly pid: number;
  /** The conversation that it is in now. */
  readonly sessionId: string;
  /** When the process started, as field 22 of `/proc/PID/stat` has it. */
  readonly procStart?: string;
  /** Its directory. */
  readonly cwd?: string;
  /** Which kind of session it is; those that programs talk to are `interactive` as well. */
  readonly kind?: string;
  /** How it was started: `sdk-cli` by a program that talks to it. */
  readonly entrypoint?: string;
  /** What it does: `busy` in a turn, `idle`, or `waiting` for an answer. */
  readonly status?: string;
}

/**
 * Tells whether a process is there, and is the one that started then.
 *
 * @param procStart The start of the process, if it is known.
 */
export type IsLive = (pid: number, procStart: string | undefined) => boolean | Promise<boolean>;

const MAX_BYTES = 64 << 10;

/**
 * Reads the list. Files that are not as expected are passed over, such as one that is only half written.
 *
 * @param isLive Asked about each process: a killed one leaves its file behind, and its id may be another's by now.
 * @returns Those that are live.
 */
export async function runningSessions(home: string, isLive: IsLive): Promise<RunningSession[]> {
  const directory = `${home}/.claude/sessions`;
  const live: RunningSession[] = [];
  for (const name of await namesIn(directory)) {
    const session = name.endsWith(".json") ? await readSession(`${directory}/${name}`) : undefined;
    if (session !== undefined && await isLive(session.pid, session.procStart)) live.push(session);
  }
  return live;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function readSession(path: string): Promise<RunningSession | undefined> {
  try {
    const bytes = await readRegularFile(path, MAX_BYTES);
    const text = bytes === undefined ? undefined : tryDecodeUtf8(bytes);
    return text === undefined ? undefined : parseSession(JSON.parse(text));
  } catch (error) {
    // A process that ends removes its file.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function parseSession(json: unknown): RunningSession | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { pid, sessionId, procStart, ...rest } = json as Readonly<Record<string, unknown>>;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof sessionId !== "string") return undefined;
  const texts = ["cwd", "kind", "entrypoint", "status"].flatMap((name) =>
    typeof rest[name] === "string" ? [[name, rest[name]]] : []
  );
  const isStart = typeof procStart === "string" || typeof procStart === "number";
  return { pid, sessionId, ...(isStart ? { procStart: `${procStart}` } : {}), ...Object.fromEntries(texts) };
}
