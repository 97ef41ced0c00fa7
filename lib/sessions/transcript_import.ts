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

/** Stores the records of a session's conversation that come after the last one that is known. */
export async function importTranscript(
  runner: SessionRunner,
  store: Store,
  home: string,
  changes: Changes,
): Promise<void> {
  const { claudeSessionId, id, terminal, createdAt } = runner.record;
  const path = await findTranscript(home, claudeSessionId);
  if (path === undefined) return;
  const isKnown = (uuid: string) => store.events.hasUuid(id, uuid) || store.prompts.get(uuid)?.session === id;
  let found: TranscriptRecord[] = [];
  let hasKnown = false;
  const since = terminal?.openedAt ?? createdAt;
  for await (const record of readRecords(path)) {
    if (record.uuid === undefined || !SPOKEN.has(record.type) || record.json.isSidechain === true) continue;
    if (isKnown(record.uuid)) {
      found = [];
      hasKnown = true;
    } else if (hasKnown || timeOf(record) >= since) found.push(record);
  }
  for (let start = 0; start < found.length; start += BATCH) {
    await changes.persist(() => {
      // Another import may have come first.
      for (const record of found.slice(start, start + BATCH)) {
        if (!isKnown(record.uuid ?? "")) noteRecord(runner, record);
      }
    });
  }
}

/** When a record was written, in milliseconds since the epoch; records without a time are taken for new. */
function timeOf({ json }: TranscriptRecord): number {
  const at = typeof json.timestamp === "string" ? Date.parse(json.timestamp) : NaN;
  return Number.isNaN(at) ? Infinity : at;
}

function noteRecord(runner: SessionRunner, { json, type, uuid }: TranscriptRecord): void {
  const payload = { type, message: json.message, uuid, session_id: json.sessionId, from_transcript: true };
  const line = JSON.stringify(payload);
  const message = parseAgentLine(line);
  if (message.kind === "event") runner.noteMessage(message, line);
}
