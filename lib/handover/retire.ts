/**
 * How a daemon retires: it gives up its public socket, token and lock, keeps its processes, and is
 * found again by whoever comes next. Should nobody come, it takes its place back.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import type { DaemonPaths } from "../system/paths.ts";
import { isThere, writePrivateFile } from "../system/private_files.ts";
import { removeRetiredFiles, type RetiredFiles, retiredFiles, type RetiredRecord } from "./retired_files.ts";

/** How long whoever asked may take to get the lock, in milliseconds: it waits for nothing else. */
const GRACE_MS = 3_000;
/** How often is looked who has the place, in milliseconds. */
const LOOK_MS = 50;
/** How long whoever has read the token may take to connect with it, in milliseconds. */
const CONNECT_MS = 2_000;
/** How often is looked whether there is anything left to keep, in milliseconds. */
const END_LOOK_MS = 1_000;

/** The daemon that retires. */
export interface Retiring {
  /** Its public files. */
  readonly paths: DaemonPaths;
  /** New for each start. */
  readonly instanceId: string;
  /** The source of time. */
  readonly clock: Clock;
  /** Makes a token. */
  readonly makeToken: () => string;
  /** What of the log is needed. */
  readonly log: { info(text: string): void; warn(text: string): void; error(text: string): void };
  /** Takes no more requests of those that are connected: they are answered what they have asked, and closed. */
  finishConnections(): void;
  /**
   * Takes requests with this token only, from now on; with its public one if none is given.
   *
   * @param onUse Called for each such request.
   */
  useToken(token?: string, onUse?: () => void): void;
  /** Gives up what only one daemon can have, the lock last. */
  withdraw(): Promise<void>;
  /** Takes the lock, if nobody has it. */
  tryLock(): boolean;
  /** Takes back what it gave up; the lock and the socket are its own again. */
  serveAgain(): Promise<void>;
  /** The instance that holds the lock and serves, if one does. */
  successor(): string | undefined;
  /** Whether nobody is connected. */
  isAlone(): boolean;
  /** Whether it has no process any more, running or kept. */
  isEmpty(): boolean;
  /** Stops it. */
  stop(): void;
}

/** A daemon that has retired. */
export interface Retirement {
  /** To be told when a connection has closed. */
  noteClosed(): void;
  /** Ends what watches over it, and removes its files. */
  end(): Promise<void>;
}

/**
 * Retires.
 *
 * @param onReturn Called when it has its place back.
 * @throws {Error} If it cannot; all is as before then.
 */
export async function retire(daemon: Retiring, onReturn: () => void): Promise<Retirement> {
  const { paths, instanceId, clock, log } = daemon;
  const files = retiredFiles(paths.retired, instanceId);
  let cancel: () => void = () => {};
  let isOver = false;
  /** Whether anybody has used the token that was issued last. */
  let isUsed = false;

  function later(ms: number, look: () => Promise<void>): void {
    if (isOver) return;
    cancel = clock.after(ms, () =>
      void look().catch((error) => {
        log.error(`[handover] ${errnoText(error)}`);
        later(ms, look);
      }));
  }

  const since = clock.elapsed();
  async function watchSuccessor(): Promise<void> {
    const successor = daemon.successor();
    if (successor !== undefined && successor !== instanceId) {
      log.info(`[handover] retired: the daemon that serves now relays to ${files.socket}`);
      return later(END_LOOK_MS, watchEnd);
    }
    if (clock.elapsed() - since < GRACE_MS || !await takeBack()) return later(LOOK_MS, watchSuccessor);
    log.warn("[handover] nobody took over: serving again");
    isOver = true;
    onReturn();
  }

  async function takeBack(): Promise<boolean> {
    if (!daemon.tryLock()) return false;
    daemon.useToken();
    await Deno.rename(files.socket, paths.socket);
    await daemon.serveAgain();
    await removeRetiredFiles(files);
    return true;
  }

  function watchEnd(): Promise<void> {
    if (daemon.isEmpty()) daemon.stop();
    else later(END_LOOK_MS, watchEnd);
    return Promise.resolve();
  }

  async function issueToken(): Promise<void> {
    const token = daemon.makeToken();
    isUsed = false;
    daemon.useToken(token, () => isUsed = true);
    await writePrivateFile(files.token, token);
  }

  /** Whoever relayed is gone: the next one finds another token. One that nobody has read yet stays. */
  async function reissue(): Promise<void> {
    if (!isOver && daemon.isAlone() && !await isThere(files.token)) await issueToken();
  }

  function tryReissue(): void {
    reissue().catch((error) => log.error(`[handover] ${errnoText(error)}`));
  }

  try {
    await Deno.mkdir(files.directory, { recursive: true, mode: 0o700 });
    await writePrivateFile(files.record, recordOf(daemon));
    // Before the token changes: nobody who was let in is refused.
    daemon.finishConnections();
    await issueToken();
    await Deno.rename(paths.socket, files.socket);
    await daemon.withdraw();
  } catch (error) {
    await undo(daemon, files);
    throw error;
  }
  later(LOOK_MS, watchSuccessor);
  return {
    noteClosed() {
      if (isOver || !daemon.isAlone()) return;
      if (isUsed) return tryReissue();
      // Somebody may have read it just now, and be about to use it.
      clock.after(CONNECT_MS, () => isUsed ? undefined : tryReissue());
    },
    async end() {
      isOver = true;
      cancel();
      await removeRetiredFiles(files);
    },
  };
}

function recordOf({ instanceId, clock }: Retiring): string {
  const record: RetiredRecord = { pid: Deno.pid, instanceId, retiredAt: new Date(clock.now()).toISOString() };
  return JSON.stringify(record) + "\n";
}

async function undo(daemon: Retiring, files: RetiredFiles): Promise<void> {
  daemon.useToken();
  if (await isThere(files.socket)) await Deno.rename(files.socket, daemon.paths.socket);
  await removeRetiredFiles(files);
}
