/**
 * Reads how turns end, and why the agent tries again.
 *
 * @module
 */

import type { SessionEvent } from "../../sessions/types.ts";
import { type JsonObject, toArray, toNumber, toObject, toText } from "../text/fields.ts";
import type { RetryEntry, TurnEndEntry } from "./conversation_entry.ts";
import type { NewEntry, Read } from "./event_reading.ts";

/** Adds the end of a turn. */
export const readResult: Read = (reader, event, payload) => {
  const { memory } = reader;
  const { interruption, failure } = memory;
  memory.interruption = undefined;
  memory.failure = undefined;
  memory.openCalls.length = 0;
  const isInterrupted = toText(payload["terminal_reason"]).startsWith("aborted");
  if (isInterrupted && interruption !== undefined) reader.sink.change(interruption, () => undefined);
  const reason = payload["is_error"] === true && !isInterrupted ? errorOf(payload) : undefined;
  const durationMs = toNumber(payload["duration_ms"]);
  const costUsd = costOf(payload, memory.cost);
  memory.cost = toNumber(payload["total_cost_usd"]);
  const entry: NewEntry<TurnEndEntry> = {
    kind: "turn_end",
    outcome: isInterrupted ? "interrupted" : reason === undefined ? "done" : "failed",
    ...(reason === undefined || reason === failure ? {} : { reason }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(costUsd === undefined ? {} : { costUsd }),
    isOwnTurn: toText(toObject(payload["origin"])["kind"]) === "task-notification",
  };
  reader.add(event, entry);
  reader.sink.noteTurnEnd(event);
};

/** Says why a turn failed. */
function errorOf(payload: JsonObject): string {
  const errors = toArray(payload["errors"]).map(toText).filter((text) => text !== "");
  return toText(payload["result"]) || errors.join("; ") || toText(payload["subtype"]) || "The turn failed";
}

/** The agent reports the cost of all turns of its process; returns that of the last one, if it can be told. */
function costOf(payload: JsonObject, before: number | undefined): number | undefined {
  const total = toNumber(payload["total_cost_usd"]);
  if (total === undefined) return undefined;
  if (toNumber(payload["result_index"]) === 0) return total;
  return before !== undefined && before <= total ? total - before : undefined;
}

/** Returns the entry of an announced retry. */
export function retryOf(event: SessionEvent, payload: JsonObject): NewEntry<RetryEntry> {
  const attempt = toNumber(payload["attempt"]);
  const maxAttempts = toNumber(payload["max_retries"]);
  const status = toNumber(payload["error_status"]);
  const why = [status === undefined ? "" : String(status), toText(payload["error"]).replaceAll("_", " ")];
  return {
    kind: "retry",
    until: Date.parse(event.at) + (toNumber(payload["retry_delay_ms"]) ?? 0),
    ...(attempt === undefined ? {} : { attempt }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    why: why.filter((part) => part !== "").join(" "),
  };
}
