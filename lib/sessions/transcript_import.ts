/**
 * Stores what only the transcript of a conversation has: what was said in a terminal, and what an agent said when nobody
 * could read its output.
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
  const isStored = ({ uuid }: TranscriptRecord) => store.events.hasUuid(id, uuid);
  const isKnown = (record: TranscriptRecord) => isStored(record) || store.prompts.get(record.uuid)?.session === id;
  const early: TranscriptRecord[] = [];
  const late: TranscriptRecord[] = [];
  let hasStored = false;
  for await (const record of readRecords(path)) {
    if (!SPOKEN.has(record.type) || record.isSidechain) continue;
    if (isStored(record)) hasStored = true;
    else if (!isKnown(record)) (hasStored ? late : early).push(record);
  }
  const since = beginning(runner, hasStored);
  const found = [...early.filter(({ at }) => at === undefined ? !hasStored : at >= since), ...late];
  for (let start = 0; start < found.length; start += BATCH) {
    await changes.persist(() => {
      // Another import may have come first.
      for (const record of found.slice(start, start + BATCH)) if (!isKnown(record)) noteRecord(runner, record);
    });
  }
}

/** Since when records before the first one that is stored may be this session's, in milliseconds since the epoch. */
function beginning({ record: { terminal, process, createdAt } }: SessionRunner, hasStored: boolean): number {
  if (terminal !== null) return terminal.openedAt;
  if (!hasStored) return createdAt;
  // The daemon reports seconds.
  return process?.startTime === undefined ? Infinity : process.startTime * 1_000;
}

function noteRecord(runner: SessionRunner, { json, type, uuid, claudeSessionId }: TranscriptRecord): void {
  const payload = { type, message: json.message, uuid, session_id: claudeSessionId, from_transcript: true };
  const line = JSON.stringify(payload);
  const message = parseAgentLine(line);
  if (message.kind === "event") runner.noteMessage(message, line);
}
