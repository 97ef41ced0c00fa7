/**
 * The past conversations of a project, from their transcripts.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";
import { scanLines, type ScanOptions, type ScanPosition, START } from "../claude_home/line_scan.ts";
import { transcriptDirectory } from "../claude_home/transcript.ts";
import { errnoCode } from "../system/errno.ts";
import { readUpTo } from "../system/io.ts";
import { NotRegularError, openRegularFile } from "../system/regular_file.ts";
import { RequestError } from "../system/request_error.ts";
import { parseSpoken } from "./history_record.ts";
import type { PastConversation, PastConversationPage, PastTurn } from "./types.ts";

/** How many conversations are remembered. */
const MAX_KNOWN = 2_000;
/** Where a file's last time is looked for, in bytes before its end. */
const END_BYTES = 64 << 10;
/** How many ids are named that a reference could mean. */
const MAX_LISTED = 5;
/** The longest title, in characters. */
const MAX_TITLE = 200;
/** The longest text of a turn, in characters. */
const MAX_TURN = 64 << 10;
/** The largest page, in characters; a client then asks for the turns before it. */
const MAX_PAGE = 1 << 20;
const ID = /^[\w-]{1,128}$/;
const TIME = /"timestamp"\s*:\s*"([^"\\]{1,40})"/g;
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\s]+/g;
/** Texts of which a line has one if it says something; most lines of other kinds have none. */
const TURN_MARKS = ['"user"', '"assistant"', '"queued_command"'] as const;
/** Before anything was read. */
const NOTHING: Summary = { position: START, turns: 0, first: undefined, title: undefined };
const SUMMARY_MARKS = ['"user"', '"queued_command"', '"custom-title"', '"ai-title"', '"summary"'] as const;

/** A transcript on the disk. */
interface Transcript {
  readonly id: string;
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: number;
}

/** What is known of a transcript. */
interface Known {
  /** What tells this version of the file from others. */
  readonly version: string;
  /** When something was last said, in milliseconds since the epoch. */
  readonly last: number;
  /** What was found in it, if somebody has asked. */
  summary: Promise<Summary> | undefined;
  /** What was found in an earlier version. */
  readonly earlier: Promise<Summary> | undefined;
}

/** What was found in a transcript so far. */
interface Summary {
  readonly position: ScanPosition;
  readonly turns: number;
  /** The first prompt. */
  readonly first: string | undefined;
  readonly title: { readonly text: string; readonly rank: number } | undefined;
}

/** Which turns to return. */
export interface TurnQuery {
  /** The most turns. */
  readonly limit: number;
  /** The index of the first turn that is not wanted. @default {all} */
  readonly before?: number | undefined;
}

/** Reads past conversations. */
export class ProjectHistory {
  readonly #home: string | undefined;
  readonly #known = new Map<string, Known>();

  /** @param home The home directory of the user, where the agent CLI keeps transcripts; `undefined` if it is unknown. */
  constructor(home: string | undefined) {
    this.#home = home;
  }

  /**
   * Returns the conversations that were begun in a directory, the newest first. A page may be shorter than its limit;
   * the last one is empty.
   *
   * @param path The directory, absolute and without symlinks.
   * @throws {Error} If the transcripts cannot be read.
   */
  async list(
    path: string,
    { limit, offset = 0 }: { readonly limit: number; readonly offset?: number | undefined },
  ): Promise<PastConversation[]> {
    const found: { transcript: Transcript; last: number }[] = [];
    for (const transcript of await this.#transcripts(path)) {
      found.push({ transcript, last: (await this.#look(transcript)).last });
    }
    found.sort((a, b) => b.last - a.last || (a.transcript.id < b.transcript.id ? -1 : 1));
    const conversations: PastConversation[] = [];
    let skipped = 0;
    for (const { transcript } of found) {
      if (conversations.length >= limit) break;
      const conversation = await this.#summary(transcript);
      // Transcripts in which nobody has said anything are none.
      if (conversation === undefined) continue;
      if (skipped++ >= offset) conversations.push(conversation);
    }
    return conversations;
  }

  /**
   * Returns a page of a conversation: the last turns before one.
   *
   * @param path The directory in which it was begun, absolute and without symlinks.
   * @param id The id, or a beginning that no other id has.
   * @throws {RequestError} If there is no such conversation, or several could be meant.
   */
  async conversation(path: string, id: string, query: TurnQuery): Promise<PastConversationPage> {
    const transcript = ID.test(id) ? await this.#find(path, id) : undefined;
    const conversation = transcript && await this.#summary(transcript);
    if (transcript === undefined || conversation === undefined) {
      throw new RequestError("unknown", `there is no conversation ${JSON.stringify(id.slice(0, 128))} in ${path}`);
    }
    return { ...conversation, page: await readTurns(transcript.path, query) };
  }

  #directory(path: string): string {
    if (this.#home === undefined) {
      throw new RequestError("unavailable", "past conversations cannot be found: HOME is not set");
    }
    return transcriptDirectory(this.#home, path);
  }

  async #find(path: string, id: string): Promise<Transcript | undefined> {
    const exact = await lookAt(this.#directory(path), `${id}.jsonl`);
    if (exact !== undefined) return exact;
    const found = (await this.#transcripts(path)).filter((transcript) => transcript.id.startsWith(id));
    if (found.length <= 1) return found[0];
    const ids = found.map((transcript) => transcript.id).sort();
    const more = ids.length > MAX_LISTED ? ` and ${ids.length - MAX_LISTED} more` : "";
    throw new RequestError(
      "conflict",
      `${JSON.stringify(id)} could be ${ids.slice(0, MAX_LISTED).join(", ")}${more}: say more of its id`,
    );
  }

  async #transcripts(path: string): Promise<Transcript[]> {
    const directory = this.#directory(path);
    const found: Transcript[] = [];
    for (const name of await namesIn(directory)) {
      const transcript = await lookAt(directory, name);
      if (transcript !== undefined) found.push(transcript);
    }
    return found;
  }

  async #look(transcript: Transcript): Promise<Known> {
    const { path, size, modifiedAt } = transcript;
    const version = `${size} ${modifiedAt}`;
    const known = this.#known.get(path);
    if (known?.version === version) return known;
    const last = await lastTime(transcript);
    const looked: Known = { version, last, summary: undefined, earlier: known?.summary ?? known?.earlier };
    this.#known.delete(path);
    this.#known.set(path, looked);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) break;
      this.#known.delete(oldest);
    }
    return looked;
  }

  async #summarize(known: Known, { path }: Transcript): Promise<Summary> {
    try {
      return await summarizeTranscript(path, await known.earlier);
    } catch (error) {
      // It may be readable the next time.
      this.#known.delete(path);
      throw error;
    }
  }

  async #summary(transcript: Transcript): Promise<PastConversation | undefined> {
    const known = await this.#look(transcript);
    const { turns, first = "", title } = await (known.summary ??= this.#summarize(known, transcript));
    if (turns === 0) return undefined;
    const last_activity = new Date(known.last).toISOString();
    return { id: transcript.id, title: oneLine(title?.text ?? first), turns, last_activity };
  }
}

/** Finds the title of a conversation and counts its turns, in what was added since. */
async function summarizeTranscript(path: string, earlier: Summary | undefined): Promise<Summary> {
  let found = earlier ?? NOTHING;
  const visit = (line: string, isWhole: boolean) => {
    // The rest of the line comes with the next look.
    if (!isWhole || !SUMMARY_MARKS.some((mark) => line.includes(mark)) || line.includes('"tool_result"')) return;
    const spoken = parseSpoken(line);
    if (spoken?.kind === "title" && spoken.rank >= (found.title?.rank ?? 0)) found = { ...found, title: spoken };
    if (spoken?.kind !== "prompt") return;
    found = { ...found, turns: found.turns + 1, first: found.first ?? spoken.text.slice(0, MAX_TITLE * 10) };
  };
  const position = await scan(path, { from: found.position, visit, onStart: () => void (found = NOTHING) });
  return { ...found, position };
}

function oneLine(text: string): string {
  const line = stripVTControlCharacters(text.slice(0, MAX_TITLE * 10)).replaceAll(CONTROL, " ").trim();
  return line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1)}…` : line;
}

/** Reads the last turns before one. */
async function readTurns(path: string, { limit, before = Infinity }: TurnQuery): Promise<PastTurn[]> {
  const turns: PastTurn[] = [];
  let count = 0;
  const visit = (line: string) => {
    if (count > before || !TURN_MARKS.some((mark) => line.includes(mark))) return;
    const spoken = parseSpoken(line);
    if (spoken === undefined || spoken.kind === "title") return;
    const role = spoken.kind === "prompt" ? "user" : "assistant";
    const last = turns.at(-1);
    // An answer has many lines, for its blocks and for what comes after each tool.
    if (role === "assistant" && last?.role === "assistant") {
      if (last.text.length < MAX_TURN) turns[turns.length - 1] = { ...last, text: `${last.text}\n\n${spoken.text}` };
      return;
    }
    turns.push({ index: count++, role, at: spoken.at ?? "", text: spoken.text });
    // One more, for the newest one may not be wanted.
    if (turns.length > limit + 1) turns.shift();
  };
  await scan(path, { visit });
  return fitting(turns.filter(({ index }) => index < before).slice(-limit));
}

/** Cuts turns that are too long, and leaves out the first ones of a page that is too large. */
function fitting(turns: readonly PastTurn[]): PastTurn[] {
  const page: PastTurn[] = [];
  let size = 0;
  for (const turn of turns.toReversed()) {
    const text = turn.text.length > MAX_TURN ? `${turn.text.slice(0, MAX_TURN)}…` : turn.text;
    size += text.length;
    if (size > MAX_PAGE) break;
    page.unshift({ ...turn, text });
  }
  return page;
}

async function scan(path: string, options: Omit<ScanOptions, "mark">): Promise<ScanPosition> {
  try {
    return await scanLines(path, { ...options, mark: '"type"' });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return START;
  }
}

/** When the last line of a transcript was written, in milliseconds since the epoch. */
async function lastTime({ path, size, modifiedAt }: Transcript): Promise<number> {
  try {
    await using file = await openRegularFile(path, { followsLinks: true, from: Math.max(0, size - END_BYTES) });
    const text = new TextDecoder().decode(await readUpTo(file, END_BYTES));
    const times = [...text.matchAll(TIME)].map(([, time]) => Date.parse(time!)).filter((ms) => !Number.isNaN(ms));
    return times.at(-1) ?? modifiedAt;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return modifiedAt;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  } catch (error) {
    if (isUnreadable(error)) return [];
    throw error;
  }
}

async function lookAt(directory: string, name: string): Promise<Transcript | undefined> {
  const id = name.slice(0, -".jsonl".length);
  if (!name.endsWith(".jsonl") || !ID.test(id)) return undefined;
  const path = `${directory}/${name}`;
  try {
    const { isFile, size, mtime } = await Deno.stat(path);
    return isFile ? { id, path, size, modifiedAt: mtime?.getTime() ?? 0 } : undefined;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Whether a file is not there, or not ours to read. */
function isUnreadable(error: unknown): boolean {
  return error instanceof NotRegularError ||
    ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM"].includes(errnoCode(error) ?? "");
}
