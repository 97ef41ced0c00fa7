/**
 * The lock that makes a daemon the only one of its directory (daemon 2).
 *
 * @module
 */

import { FatalError } from "../system/fatal.ts";
import type { DaemonPaths } from "../system/paths.ts";

const LOCK_ATTEMPTS = 10;
const LOCK_POLL_MS = 5;

/** Who holds the lock. */
export interface LockRecord {
  /** The holder's process. */
  readonly pid: number;
  /** What it does. */
  readonly role: "serve";
  /** New for each start. */
  readonly instanceId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The socket it listens on. */
  readonly socket: string;
}

/** A lock that is held until it is released, or its holder ends. */
export interface DaemonLock extends Disposable {
  /** Writes down who holds it. */
  record(record: LockRecord): void;
}

/**
 * Takes the lock.
 *
 * @throws {FatalError} If another daemon holds it.
 */
export async function acquireLock(paths: DaemonPaths): Promise<DaemonLock> {
  const file = await Deno.open(paths.lock, { read: true, write: true, create: true, mode: 0o600 });
  try {
    if (!await lockSoon(file)) throw inUseError(paths, readLockRecord(paths.lock));
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    record(record) {
      file.truncateSync(0);
      file.seekSync(0, Deno.SeekMode.Start);
      file.writeSync(new TextEncoder().encode(JSON.stringify(record) + "\n"));
    },
    [Symbol.dispose]() {
      file.truncateSync(0);
      file.close();
    },
  };
}

/** Somebody who only looks whether the lock is held has it for a moment. */
async function lockSoon(file: Deno.FsFile): Promise<boolean> {
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
    if (await file.tryLock(true)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  return false;
}

/** Who holds the lock; `undefined` when nobody does. */
export async function lockHolder(paths: DaemonPaths): Promise<LockRecord | undefined> {
  try {
    using file = await Deno.open(paths.lock, { read: true });
    if (await file.tryLock(false)) return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
  return readLockRecord(paths.lock);
}

/** The failure of whoever finds the lock held. */
export function inUseError(paths: DaemonPaths, holder: LockRecord | undefined): FatalError {
  const who = holder === undefined ? "another daemon" : `the daemon on ${holder.socket} (pid ${holder.pid})`;
  return new FatalError(`${paths.directory} is in use by ${who}`);
}

/** What is written in a lock file, whether the lock is held or not; `undefined` when that is no record. */
export function readLockRecord(path: string): LockRecord | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return parseRecord(text);
}

function parseRecord(text: string): LockRecord | undefined {
  try {
    const record = JSON.parse(text) as LockRecord;
    return typeof record?.pid === "number" && typeof record.socket === "string" ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // empty after a stop, or being written just now
    throw error;
  }
}
