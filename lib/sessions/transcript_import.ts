/**
 * Stores what only the transcript of a conversation has: what was said in a terminal, and what an agent said while its
 * output could not be read.
 *
 * @module
 */

import { parseAgentLine } from "../agent/message.ts";
import { findTranscript, readRecords, type TranscriptRecord } from "../claude_home/transcript.ts";
import type { Store } from "../store/store.ts";
import type { Changes } from "./changes.ts";
import type { SessionRunner } from "./session_runner.ts";

/** How many events are stored in one change. */
const BATCH = 200;
/** The records that people and agents said. */
const SPOKEN: ReadonlySet<string> = new Set(["user", "assistant"]);

/**
 * Stores the records of a session's conversation that are not stored: those after the first one that is, and before it
 * those that this process or terminal can have written. What comes before that is of another session, or was removed.
 */
export async function importTranscript(
  runner: SessionRunner,
  store: Store,
  home: string,
  changes: Changes,
): Promise<void> {
  const { claudeSessionId, id } = runner.record;
  const path = await findTranscript(home, claudeSessionId);
  if (path === undefined) return;
  const isStored = (uuid: string) => store.events.hasUuid(id, uuid);
  const isKnown = (uuid: string) => isStored(uuid) || store.prompts.get(uuid)?.session === id;
  const early: Spoken[] = [];
  const late: Spoken[] = [];
  let hasStored = false;
  for await (const { type, uuid, json } of readRecords(path)) {
    if (uuid === undefined || !SPOKEN.has(type) || json.isSidechain === true) continue;
    const record = { type, uuid, json, at: timeOf(json) };
    if (isStored(uuid)) hasStored = true;
    else if (!isKnown(uuid)) (hasStored ? late : early).push(record);
  }
  const since = beginning(runner, hasStored);
  const found = [...early.filter(({ at }) => at === undefined ? !hasStored : at >= since), ...late];
  for (let start = 0; start < found.length; start += BATCH) {
    await changes.persist(() => {
      // Another import may have come first.
      for (const record of found.slice(start, start + BATCH)) {
        if (!isKnown(record.uuid)) noteRecord(runner, record);
      }
    });
  }
}

/** A record that people or agents said. */
interface Spoken extends Required<TranscriptRecord> {
  /** When it was written, in milliseconds since the epoch; `undefined` if it does not say. */
  readonly at: number | undefined;
}

function timeOf({ timestamp }: TranscriptRecord["json"]): number | undefined {
  const at = typeof timestamp === "string" ? Date.parse(timestamp) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** Since when records before the first one that is stored may be this session's, in milliseconds since the epoch. */
function beginning({ record }: SessionRunner, hasStored: boolean): number {
  const { terminal, process, createdAt, turns } = record;
  if (terminal !== null) return terminal.openedAt;
  // The events of a session that has had turns may have been let go.
  if (!hasStored && turns === 0) return createdAt;
  // The daemon reports seconds.
  return process?.startTime === undefined ? Infinity : process.startTime * 1_000;
}

function noteRecord(runner: SessionRunner, { json, type, uuid }: Spoken): void {
  const payload = { type, message: json.message, uuid, session_id: json.sessionId, from_transcript: true };
  const line = JSON.stringify(payload);
  const message = parseAgentLine(line);
  if (message.kind === "event") runner.noteMessage(message, line);
}
