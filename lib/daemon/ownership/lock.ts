/**
 * The lock that makes a daemon the only one of its directory, and how another takes its place
 * (contract: Daemon life).
 *
 * @module
 */

import { type Clock, keepAlive } from "../../system/clock.ts";
import { lockOwners } from "./lock_owners.ts";
import { errnoText } from "../../system/errno.ts";
import { ServeError } from "../serve_error.ts";
import type { DaemonPaths } from "../../system/paths.ts";
import { removeLink } from "../../system/private_files.ts";

const POLL_MS = 5;
/** Somebody who only looks whether the lock is held has it for a moment. */
const LOOK_MS = 50;
/** A record is acted upon when it stood this long: whoever has just got the lock wipes the one before. */
const CONFIRM_MS = 20;
/** How long a daemon that holds the lock may take to write its record, in milliseconds. */
const RECORD_MS = 1_000;
/** How long a daemon may take to stop before it is killed, in milliseconds. */
const STOP_MS = 10_000;
/** How long the system may take to end a daemon that was killed, in milliseconds. */
const KILL_MS = 3_000;

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

/** What becomes of the one that holds the lock. */
export interface AcquireOptions {
  /** Whether a daemon on the same socket is asked to go, and killed when it does not. */
  readonly takesOver: boolean;
  /** The source of time. */
  readonly clock: Clock;
  /** Signals a process. */
  readonly kill: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
  /** Asks a daemon on the same socket to retire, instead of signalling it; rejects when it will not. */
  readonly askToRetire?: (() => Promise<void>) | undefined;
}

/** A lock that is held until it is disposed of, or the program ends. */
export interface DaemonLock extends Disposable {
  /** New for each start. */
  readonly instanceId: string;
  /** Lets another daemon have it for a while. */
  release(): void;
  /** Takes it again, if nobody has it. */
  tryAgain(): boolean;
  /**
   * Writes down who holds it, which says that the daemon serves.
   *
   * @throws {ServeError} If that cannot be written.
   */
  record(): void;
}

/**
 * Takes the lock.
 *
 * @throws {ServeError} If another daemon holds it, and is not to go or does not.
 */
export async function acquireLock(paths: DaemonPaths, options: AcquireOptions): Promise<DaemonLock> {
  await removeLink(paths.lock);
  const file = await Deno.open(paths.lock, { read: true, write: true, create: true, mode: 0o600 });
  using _alive = keepAlive();
  try {
    if (options.takesOver) await takeOver(file, paths, options);
    else if (!await lockWithin(file, LOOK_MS, options.clock)) throw inUseError(paths, readLockRecord(paths.lock));
    // At once: until then the record of the one before stands there.
    file.truncateSync(0);
  } catch (error) {
    file.close();
    throw error;
  }
  const instanceId = crypto.randomUUID();
  let isHeld = true;
  return {
    instanceId,
    release() {
      file.truncateSync(0);
      file.unlockSync();
      isHeld = false;
    },
    tryAgain: () => isHeld ||= file.tryLockSync(true),
    record() {
      try {
        writeRecord(file, { instanceId, socket: paths.socket }, options.clock);
      } catch (error) {
        throw new ServeError(`write ${paths.lock}: ${errnoText(error)}`, { cause: error });
      }
    },
    [Symbol.dispose]() {
      if (isHeld) file.truncateSync(0);
      file.close();
    },
  };
}

function writeRecord(
  file: Deno.FsFile,
  { instanceId, socket }: Pick<LockRecord, "instanceId" | "socket">,
  clock: Clock,
): void {
  const startedAt = new Date(clock.now()).toISOString();
  const record: LockRecord = { pid: Deno.pid, role: "serve", instanceId, startedAt, socket };
  file.truncateSync(0);
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(JSON.stringify(record) + "\n"));
}

async function lockWithin(file: Deno.FsFile, ms: number, clock: Clock): Promise<boolean> {
  const end = clock.elapsed() + ms;
  while (!file.tryLockSync(true)) {
    if (clock.elapsed() >= end) return false;
    await pause(clock);
  }
  return true;
}

/** Asks whoever holds the lock to go until nobody does; the lock is ours then. */
async function takeOver(file: Deno.FsFile, paths: DaemonPaths, options: AcquireOptions): Promise<void> {
  const { clock, kill, askToRetire } = options;
  let holder: LockRecord | undefined;
  let seenAt = clock.elapsed();
  let askedAt = 0;
  let killedAt = 0;
  for (; !file.tryLockSync(true); await pause(clock)) {
    const now = clock.elapsed();
    const current = readLockRecord(paths.lock);
    if (current?.instanceId !== holder?.instanceId) {
      // Another one was faster: it is asked in its turn.
      [holder, seenAt, askedAt, killedAt] = [current, now, 0, 0];
      continue;
    }
    if (now - seenAt < CONFIRM_MS) continue;
    if (holder === undefined) {
      // It is only just starting, or no daemon.
      if (now - seenAt > STOP_MS) throw inUseError(paths, holder);
      continue;
    }
    if (holder.socket !== paths.socket || holder.pid === Deno.pid) throw inUseError(paths, holder);
    if (!await isOwner(file, holder.pid)) {
      // It may have gone just now; a record that does not tell who holds the lock is not acted upon.
      if (now - seenAt > STOP_MS) throw inUseError(paths, undefined);
      continue;
    }
    if (askedAt === 0) {
      if (askToRetire === undefined) kill(holder.pid, "SIGTERM");
      else if (await hasGone(file, holder, paths.lock, askToRetire)) return;
      askedAt = clock.elapsed();
    } else if (askToRetire !== undefined) {
      // It has said that it would: it is never killed, for it has what must not be lost.
      if (now - askedAt > STOP_MS) throw inUseError(paths, holder);
    } else if (killedAt === 0 && now - askedAt > STOP_MS) {
      kill(holder.pid, "SIGKILL");
      killedAt = now;
    } else if (killedAt > 0 && now - killedAt > KILL_MS) throw inUseError(paths, holder);
  }
}

/**
 * Asks a daemon to retire; whether it ended instead, and the lock is ours.
 *
 * @throws {ServeError} If it will not.
 */
async function hasGone(
  file: Deno.FsFile,
  { pid, instanceId }: LockRecord,
  lock: string,
  askToRetire: () => Promise<void>,
): Promise<boolean> {
  try {
    await askToRetire();
    return false;
  } catch (error) {
    if (file.tryLockSync(true)) return true;
    // It hands over to somebody else, who is asked next.
    if (readLockRecord(lock)?.instanceId !== instanceId) return false;
    const why = error instanceof Error ? error.message : String(error);
    throw new ServeError(
      `the daemon (pid ${pid}) does not hand over: ${why}; without --handover it is ended, and its processes`,
      { cause: error },
    );
  }
}

/** Whether a process holds the lock, as far as the system tells. */
async function isOwner(file: Deno.FsFile, pid: number): Promise<boolean> {
  const owners = await lockOwners((await file.stat()).ino);
  return owners === undefined || owners.has(pid);
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.after(POLL_MS, resolve));
}

/**
 * Who holds the lock; a daemon that is only just starting is waited for.
 *
 * @returns `undefined` when nobody holds it, or whoever does never says who it is.
 */
export async function lockHolder(paths: DaemonPaths): Promise<LockRecord | undefined> {
  const end = performance.now() + RECORD_MS;
  while (await isHeld(paths.lock)) {
    const record = readLockRecord(paths.lock);
    if (record !== undefined || performance.now() > end) return record;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return undefined;
}

async function isHeld(lock: string): Promise<boolean> {
  try {
    const { isSymlink, isFile } = await Deno.lstat(lock);
    if (isSymlink) return false; // not a lock of ours, whatever it leads to
    if (!isFile) throw new ServeError(`${lock} is not a regular file: choose another --socket`);
    using file = await Deno.open(lock, { read: true });
    return !await file.tryLock(false);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** The failure of whoever finds the lock held. */
export function inUseError(paths: DaemonPaths, holder: LockRecord | undefined): ServeError {
  const who = holder === undefined ? "another daemon" : `the daemon on ${holder.socket} (pid ${holder.pid})`;
  return new ServeError(`${paths.directory} is in use by ${who}`);
}

/** What is written in a lock file, whether the lock is held or not; `undefined` when that is no record. */
export function readLockRecord(path: string): LockRecord | undefined {
  let text: string;
  try {
    // Reading a FIFO would wait for ever.
    if (!Deno.statSync(path).isFile) return undefined;
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
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
    if (error instanceof SyntaxError) return undefined; // empty after a stop, or being written just now
    throw error;
  }
}
