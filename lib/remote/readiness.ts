/**
 * What an instance has said of itself so far, and whether it is ready. Pure.
 *
 * @module
 */

import type { Finding } from "./markers.ts";
import { type InstanceRecord, isLive } from "./record.ts";

/** How long a program in a terminal has to live to count as ready without having said so, in milliseconds. */
export const UNCONFIRMED_MS = 30_000;

/**
 * Returns what changes in the record of an instance because of what it has said; nothing if it is known already. The first
 * id counts: what agents and repositories print may stand in the log, too.
 */
export function learn(record: InstanceRecord, finding: Finding): Partial<InstanceRecord> {
  const said = noteOf(record, finding);
  const known = { ...record, ...said };
  const isConfirmed = record.status === "running" && !record.isUnconfirmed;
  if (isConfirmed || !isLive(record) || !isReady(known)) return said;
  return { ...said, status: "running", isUnconfirmed: false, errorDetail: null, failure: null };
}

/**
 * Returns what changes in the record of an instance that has not said in time that it is ready; `undefined` while there is
 * time.
 *
 * @param ms How long it has run, in milliseconds.
 * @param graceSeconds How long a server may take, in seconds.
 */
export function afterSilence(
  { mode, isAdopted, failure }: InstanceRecord,
  ms: number,
  graceSeconds: number,
): Partial<InstanceRecord> | undefined {
  if (mode === "pty") return ms >= UNCONFIRMED_MS ? { status: "running", isUnconfirmed: true } : undefined;
  if (isAdopted || ms < graceSeconds * 1_000) return undefined;
  const errorDetail = failure ??
    `it runs, but has not said within ${graceSeconds} seconds that it is ready (remote.grace_seconds)`;
  return { status: "error", errorDetail };
}

function noteOf(record: InstanceRecord, finding: Finding): Partial<InstanceRecord> {
  switch (finding.kind) {
    case "poll_loop":
      return record.hasPollLoop ? {} : { hasPollLoop: true };
    case "environment":
      return record.environmentId === null ? { environmentId: finding.id } : {};
    case "session":
      return record.sessionId === null ? { sessionId: finding.id } : {};
    case "shutdown":
      return record.hasShutDown ? {} : { hasShutDown: true };
    case "failure":
      return record.failure === null && record.status !== "running" ? { failure: finding.text } : {};
    case "bridge":
      return {};
  }
}

/** A server is ready when it has said both: that it asks for work, and for which environment. A terminal has its link. */
function isReady({ mode, hasPollLoop, environmentId, sessionId }: InstanceRecord): boolean {
  return mode === "pty" ? sessionId !== null : hasPollLoop && environmentId !== null;
}
