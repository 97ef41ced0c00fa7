/**
 * The transcripts of conversations, as the agent CLI writes them: one JSON record a line.
 *
 * @module
 */

import { LineSplitter } from "../agent/line_splitter.ts";
import { errnoCode, isMissing } from "../system/errno.ts";
import { parseJsonLine } from "../system/json_object.ts";
import { openRegularFile } from "../system/regular_file.ts";

/** A record of a transcript. */
export interface TranscriptRecord {
  /** What it is, such as `user` or `assistant`; `unknown` if it does not say. */
  readonly type: string;
  /** Its UUID; records that are not part of the conversation have none. */
  readonly uuid?: string;
  /** The whole record. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Options of {@linkcode readRecords}. */
export interface ReadRecordsOptions {
  /** Only the records after the one with this UUID; none if there is no such record. @default {all records} */
  readonly afterUuid?: string | undefined;
}

/** How much is read at a time, in bytes. */
const CHUNK_BYTES = 256 << 10;
/** The codes of errors for files that cannot belong to a conversation of this user. */
const HIDDEN: ReadonlySet<string> = new Set(["ELOOP", "EACCES", "EPERM"]);

/**
 * The path of the transcript of a conversation that was begun in a directory.
 *
 * @param cwd The directory, absolute and without symlinks.
 */
export function transcriptPath(home: string, cwd: string, sessionId: string): string {
  return `${transcriptDirectory(home, cwd)}/${sessionId}.jsonl`;
}

/**
 * The directory of the transcripts of conversations that were begun in a directory.
 *
 * @param cwd The directory, absolute and without symlinks.
 */
export function transcriptDirectory(home: string, cwd: string): string {
  return `${projectsPath(home)}/${cwd.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
}

function projectsPath(home: string): string {
  return `${home}/.claude/projects`;
}

/**
 * Finds the transcript of a conversation, whatever the directory in which it was begun.
 *
 * @returns The path of the newest one; `undefined` if there is none, as before the first prompt.
 */
export async function findTranscript(home: string, sessionId: string): Promise<string | undefined> {
  // Anything else could lead out of the directory.
  if (!/^[\w-]+$/.test(sessionId)) return undefined;
  let newest: { readonly path: string; readonly at: number } | undefined;
  for (const project of await namesIn(projectsPath(home))) {
    const path = `${projectsPath(home)}/${project}/${sessionId}.jsonl`;
    const at = await modifiedAt(path);
    if (at !== undefined && (newest === undefined || at > newest.at)) newest = { path, at };
  }
  return newest?.path;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** When a file was modified; `undefined` also if it may not be read, or if links form a cycle. */
async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    const { isFile, mtime } = await Deno.stat(path);
    return isFile ? mtime?.getTime() ?? 0 : undefined;
  } catch (error) {
    if (isMissing(error) || HIDDEN.has(errnoCode(error) ?? "")) return undefined;
    throw error;
  }
}

/**
 * Whether a transcript has a prompt: as a record of its own, or as one that the agent took into a running turn.
 *
 * @param uuid The UUID that was sent with the prompt.
 * @returns `false` also if there is no transcript.
 */
export async function hasUserRecord(path: string, uuid: string): Promise<boolean> {
  try {
    for await (const text of lines(path)) {
      // Most lines need no parsing.
      const record = text.includes(uuid) ? parseRecord(text) : undefined;
      if (record !== undefined && isPrompt(record, uuid)) return true;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return false;
}

function isPrompt({ type, uuid, json }: TranscriptRecord, wanted: string): boolean {
  if (type === "user") return uuid === wanted;
  const attachment = json["attachment"];
  if (type !== "attachment" || typeof attachment !== "object" || attachment === null) return false;
  const fields = attachment as Readonly<Record<string, unknown>>;
  return fields["type"] === "queued_command" && fields["source_uuid"] === wanted;
}

/**
 * Reads the records of a transcript, one after the other, in bounded memory. What is no record is passed over, such as
 * a last line that is only half written.
 *
 * @throws {Error} If the file cannot be read.
 */
export async function* readRecords(
  path: string,
  { afterUuid }: ReadRecordsOptions = {},
): AsyncGenerator<TranscriptRecord> {
  let isWanted = afterUuid === undefined;
  for await (const text of lines(path)) {
    if (!isWanted && !text.includes(afterUuid!)) continue;
    const record = parseRecord(text);
    if (record === undefined) continue;
    if (isWanted) yield record;
    else isWanted = record.uuid === afterUuid;
  }
}

async function* lines(path: string): AsyncGenerator<string> {
  await using file = await openRegularFile(path, { followsLinks: true });
  const splitter = new LineSplitter();
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let size = await file.read(chunk); size !== null; size = await file.read(chunk)) {
    for (const line of splitter.push(chunk.subarray(0, size))) if (line.kind === "line") yield line.text;
  }
  const last = splitter.end();
  if (last?.kind === "line") yield last.text;
}

function parseRecord(text: string): TranscriptRecord | undefined {
  const json = parseJsonLine(text);
  if (json === undefined) return undefined;
  const { type, uuid } = json;
  return {
    type: typeof type === "string" ? type : "unknown",
    ...(typeof uuid === "string" ? { uuid } : {}),
    json,
  };
}
