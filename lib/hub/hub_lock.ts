/**
 * The lock that allows one hub for each state directory.
 *
 * @module
 */

import { type Clock, keepAlive } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import { type LockRecord, readLockRecord, writeLockRecord } from "../system/lock_file.ts";
import { removeLink } from "../system/private_files.ts";
import { ServeError } from "../system/serve_error.ts";
import type { HubPaths } from "./hub_paths.ts";

const POLL_MS = 5;
/** How long a record must be there before its hub counts as running, in milliseconds: a probe holds the lock for a moment. */
const CONFIRM_MS = 100;
/** How long a hub that is stopping may hold the lock, in milliseconds. */
const STOP_MS = 10_000;

/** The lock, until it is disposed of or the program ends. */
export interface HubLock extends Disposable {
  /** Writes the record of this hub, which announces that it is ready. */
  record(socket: string): void;
  /** Erases the record, which announces that the hub is stopping: the next one waits for the lock. */
  withdraw(): void;
}

/** Another hub uses the state directory. */
export class HubRunningError extends ServeError {
  /** The id of its process, if it is known. */
  readonly pid: number | undefined;

  /** Names the hub. */
  constructor({ directory }: HubPaths, holder: LockRecord | undefined) {
    super(`${directory} is in use by ${holder === undefined ? "another hub" : `the hub with pid ${holder.pid}`}`);
    this.pid = holder?.pid;
  }
}

/**
 * Takes the lock. Waits for a hub that is stopping.
 *
 * @throws {HubRunningError} If another hub holds it.
 * @throws {ServeError} If the lock file cannot be used.
 */
export async function acquireHubLock(paths: HubPaths, clock: Clock): Promise<HubLock> {
  const file = await openLock(paths.lock);
  try {
    await waitForLock(file, paths, clock);
    // The file still contains the record of a hub that was killed.
    file.truncateSync(0);
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    record: (socket) => writeLockRecord(file, { role: "hub", instanceId: crypto.randomUUID(), socket }, clock),
    withdraw: () => file.truncateSync(0),
    [Symbol.dispose]() {
      file.truncateSync(0);
      file.close();
    },
  };
}

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    await removeLink(path);
    return await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw new ServeError(`open ${path}: ${errnoText(error)}`, { cause: error });
  }
}

async function waitForLock(file: Deno.FsFile, paths: HubPaths, clock: Clock): Promise<void> {
  using _alive = keepAlive();
  const start = clock.elapsed();
  let holder: LockRecord | undefined;
  let seenAt = start;
  while (!file.tryLockSync(true)) {
    const now = clock.elapsed();
    const current = readLockRecord(paths.lock);
    if (current?.instanceId !== holder?.instanceId) [holder, seenAt] = [current, now];
    else if (holder !== undefined && now - seenAt > CONFIRM_MS) throw new HubRunningError(paths, holder);
    else if (now - start > STOP_MS) throw new HubRunningError(paths, holder);
    await new Promise<void>((resolve) => void clock.after(POLL_MS, resolve));
  }
}
