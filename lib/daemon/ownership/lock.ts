/**
 * The lock that allows one daemon for each directory, and how the next daemon takes it over (contract: Daemon life).
 *
 * @module
 */

import { type Clock, keepAlive } from "../../system/clock.ts";
import { lockOwners } from "./lock_owners.ts";
import { errnoText } from "../../system/errno.ts";
import { type LockEntry, type LockRecord, readLockRecord, writeLockRecord } from "../../system/lock_file.ts";
import { ServeError } from "../../system/serve_error.ts";
import type { DaemonPaths } from "../../system/paths.ts";
import { removeLink } from "../../system/private_files.ts";

const POLL_MS = 5;
/** The size of an instance's id, in bytes. */
const INSTANCE_BYTES = 16;
/** How long to wait for the lock, in milliseconds: a program that checks whether it is held takes it for a moment. */
const PROBE_MS = 50;
/** How long a record must be unchanged before it is acted upon, in milliseconds: a new holder erases the former one. */
const CONFIRM_MS = 20;
/** How long a daemon may take to stop before it is killed, in milliseconds. */
const STOP_MS = 10_000;
/** How long the system may take to end a daemon that was killed, in milliseconds. */
const KILL_MS = 3_000;

/** Options of {@linkcode acquireLock}. */
export interface AcquireOptions {
  /** Whether to stop a daemon on the same socket, and kill it if it does not stop. */
  readonly takesOver: boolean;
  /** The source of time. */
  readonly clock: Clock;
  /** Signals a process. */
  readonly kill: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
  /** Asks a daemon on the same socket to retire, instead of stopping it; rejects when the daemon refuses. */
  readonly askToRetire?: (() => Promise<void>) | undefined;
}

/** A lock that is held until it is disposed of or the program ends. */
export interface DaemonLock extends Disposable {
  /** The id of this run of the daemon: 32 hexadecimal digits. */
  readonly instanceId: string;
  /** Releases it, so that another daemon can take it. */
  release(): void;
  /** Takes it again if no other daemon holds it; returns whether it is held. */
  tryAgain(): boolean;
  /**
   * Writes the record of this daemon, which announces that the daemon is ready.
   *
   * @throws {ServeError} If the record cannot be written.
   */
  record(about: Pick<LockEntry, "contract" | "startedAt">): void;
}

/**
 * Takes the lock.
 *
 * @throws {ServeError} If another daemon holds it, and is not to be stopped or does not stop.
 */
export async function acquireLock(paths: DaemonPaths, options: AcquireOptions): Promise<DaemonLock> {
  await removeLink(paths.lock);
  const file = await Deno.open(paths.lock, { read: true, write: true, create: true, mode: 0o600 });
  using _alive = keepAlive();
  try {
    if (options.takesOver) await takeOver(file, paths, options);
    else if (!await lockWithin(file, PROBE_MS, options.clock)) throw inUseError(paths, readLockRecord(paths.lock));
    // The file still contains the record of the former holder.
    file.truncateSync(0);
  } catch (error) {
    file.close();
    throw error;
  }
  const instanceId = crypto.getRandomValues(new Uint8Array(INSTANCE_BYTES)).toHex();
  let isHeld = true;
  return {
    instanceId,
    release() {
      file.truncateSync(0);
      file.unlockSync();
      isHeld = false;
    },
    tryAgain: () => isHeld ||= file.tryLockSync(true),
    record(about) {
      try {
        writeLockRecord(file, { role: "serve", instanceId, socket: paths.socket, ...about }, options.clock);
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

async function lockWithin(file: Deno.FsFile, ms: number, clock: Clock): Promise<boolean> {
  const end = clock.elapsed() + ms;
  while (!file.tryLockSync(true)) {
    if (clock.elapsed() >= end) return false;
    await pause(clock);
  }
  return true;
}

/** Makes the holders of the lock stop or retire, one after the other, until this daemon gets it. */
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
      // Another daemon was faster, and has to stop in its turn.
      [holder, seenAt, askedAt, killedAt] = [current, now, 0, 0];
      continue;
    }
    if (now - seenAt < CONFIRM_MS) continue;
    if (holder === undefined) {
      // The holder is about to start, or is no daemon.
      if (now - seenAt > STOP_MS) throw inUseError(paths, holder);
      continue;
    }
    if (holder.socket !== paths.socket || holder.pid === Deno.pid) throw inUseError(paths, holder);
    if (!await isOwner(file, holder.pid)) {
      // The record may be that of a daemon that has just ended: its process must not be signalled.
      if (now - seenAt > STOP_MS) throw inUseError(paths, undefined);
      continue;
    }
    if (askedAt === 0) {
      if (askToRetire === undefined) kill(holder.pid, "SIGTERM");
      else if (await hasEnded(file, holder, paths.lock, askToRetire)) return;
      askedAt = clock.elapsed();
    } else if (askToRetire !== undefined) {
      // It has agreed to retire. It is never killed, because its processes must not be lost.
      if (now - askedAt > STOP_MS) throw inUseError(paths, holder);
    } else if (killedAt === 0 && now - askedAt > STOP_MS) {
      kill(holder.pid, "SIGKILL");
      killedAt = now;
    } else if (killedAt > 0 && now - killedAt > KILL_MS) throw inUseError(paths, holder);
  }
}

/**
 * Asks a daemon to retire.
 *
 * @returns Whether the daemon has ended instead, and this daemon got the lock.
 * @throws {ServeError} If the daemon refuses.
 */
async function hasEnded(
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
    // It hands over to another daemon, which is asked next.
    if (readLockRecord(lock)?.instanceId !== instanceId) return false;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServeError(
      `the daemon (pid ${pid}) does not hand over: ${reason}; without --handover, it and its processes are ended`,
      { cause: error },
    );
  }
}

/** Whether a process holds the lock; true where the system does not report it. */
async function isOwner(file: Deno.FsFile, pid: number): Promise<boolean> {
  const owners = await lockOwners((await file.stat()).ino);
  return owners === undefined || owners.has(pid);
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.after(POLL_MS, resolve));
}

/** Returns the error of a daemon that finds the lock held. */
export function inUseError(paths: DaemonPaths, holder: LockRecord | undefined): ServeError {
  const user = holder === undefined ? "another daemon" : `the daemon on ${holder.socket} (pid ${holder.pid})`;
  return new ServeError(`${paths.directory} is in use by ${user}`);
}
