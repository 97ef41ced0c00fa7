/**
 * The lock file of a daemon or a hub: who holds it, and the record that its holder writes (contract: Daemon life).
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { isMissing } from "./errno.ts";
import { ServeError } from "./serve_error.ts";

const POLL_MS = 5;
/** How long the holder of a lock may take to write its record, in milliseconds. */
const RECORD_MS = 1_000;

/** The record of the lock's holder. */
export interface LockRecord {
  /** The id of the holder's process. */
  readonly pid: number;
  /** The role of the holder. */
  readonly role: "serve" | "hub";
  /** The id of this run of the holder. */
  readonly instanceId: string;
  /** When it started, in ISO 8601. */
  readonly startedAt: string;
  /** The socket it listens on. */
  readonly socket: string;
  /** The generation of the contract that a daemon serves; absent for the first one. */
  readonly contract?: string;
}

/** What the holder of a lock writes about itself. */
export interface LockEntry extends Pick<LockRecord, "role" | "instanceId" | "socket" | "contract"> {
  /** When it started, in milliseconds since the epoch. @default {now} */
  readonly startedAt?: number;
}

/** Writes the record of this process into a lock file that it holds, which announces that it is ready. */
export function writeLockRecord(
  file: Deno.FsFile,
  { role, instanceId, socket, contract, startedAt: given }: LockEntry,
  clock: Clock,
): void {
  const startedAt = given ?? clock.now();
  const record: LockRecord = {
    ...{ pid: Deno.pid, role, instanceId, startedAt: new Date(startedAt).toISOString(), socket },
    ...(contract === undefined ? {} : { contract }),
  };
  file.truncateSync(0);
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(JSON.stringify(record) + "\n"));
}

/**
 * Returns the record of the lock's holder. Waits for a holder that is about to start.
 *
 * @returns `undefined` when no process holds the lock, or when its holder writes no record.
 */
export async function lockHolder(paths: { readonly lock: string }): Promise<LockRecord | undefined> {
  const end = performance.now() + RECORD_MS;
  while (await isLockHeld(paths.lock)) {
    const record = readLockRecord(paths.lock);
    if (record !== undefined || performance.now() > end) return record;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return undefined;
}

/** Whether a process holds a lock. */
export async function isLockHeld(lock: string): Promise<boolean> {
  try {
    const { isSymlink, isFile } = await Deno.lstat(lock);
    if (isSymlink) return false; // not a lock of ours, wherever it points
    if (!isFile) throw new ServeError(`${lock} is not a regular file: choose another --socket`);
    using file = await Deno.open(lock, { read: true });
    return !await file.tryLock(false);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Reads the record in a lock file, whether the lock is held or not; returns `undefined` if there is none. */
export function readLockRecord(path: string): LockRecord | undefined {
  let text: string;
  try {
    // Reading a FIFO would wait forever.
    if (!Deno.statSync(path).isFile) return undefined;
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return parseRecord(text);
}

function parseRecord(text: string): LockRecord | undefined {
  try {
    const record = JSON.parse(text) as LockRecord;
    const isRecord = Number.isSafeInteger(record?.pid) && record.pid > 1 && typeof record.socket === "string" &&
      typeof record.instanceId === "string";
    return isRecord ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // the daemon has stopped, or is writing it
    throw error;
  }
}
