/**
 * What the end of an instance's program means. Pure.
 *
 * @module
 */

import type { InstanceRecord } from "./record.ts";

/** The most characters of the error output in a reason. */
const MAX_REASON = 2_000;

/** How a program has ended. */
export interface InstanceEnd {
  /** When, in milliseconds since the epoch. */
  readonly endedAt: number;
  /** A sentence that says how, as far as that is known. */
  readonly reason: string;
  /** The end of its error output. */
  readonly errors: string;
  /** Hides secrets in a text. */
  readonly mask: (text: string) => string;
}

/** Returns what changes in the record of an instance whose program has ended. */
export function changesAtEnd(
  record: InstanceRecord,
  { endedAt, reason, errors, mask }: InstanceEnd,
): Partial<InstanceRecord> {
  const { intentionalStop, failure, spawnMode, hasShutDown } = record;
  const ended = { pid: null, procStart: null, endedAt };
  if (intentionalStop) return { ...ended, status: "stopped", errorDetail: null };
  if (failure !== null) return { ...ended, status: "error", errorDetail: failure };
  const shown = errors === "" ? "" : `: ${errors.slice(-MAX_REASON)}`;
  const errorDetail = mask(`${reason}${shown}`);
  // A server for one session ends with it.
  const isExpected = spawnMode === "session" || hasShutDown;
  if (isExpected) return { ...ended, status: "stopped", errorDetail: shown === "" ? null : errorDetail };
  return { ...ended, status: "crashed", errorDetail };
}
