/**
 * How a daemon retires: it gives up its public socket, token and lock, keeps its processes, and is
 * found again by whoever comes next. Should nobody come, it takes its place back.
 *
 * Its socket stays at the public path until the next daemon puts its own there, so that no client
 * ever finds nothing; see {@linkcode Gate} for what becomes of those who connect meanwhile.
 *
 * @module
 */

import type { ManagedProcess } from "../process/managed_process.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { Clock } from "../system/clock.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import type { DaemonPaths } from "../system/paths.ts";
import { isThere, writePrivateFile } from "../system/private_files.ts";
import { Gate } from "./gate.ts";
import { removeRetiredFiles, type RetiredFiles, retiredFiles, type RetiredRecord } from "./retired_files.ts";

/** How long the next daemon may take to get the lock, in milliseconds: it waits for nothing else. */
const GRACE_MS = 3_000;
/** How often the daemon checks who has the place, in milliseconds: clients wait for that. */
const LOOK_MS = 10;
/** How long whoever has read the token may take to connect with it, in milliseconds. */
const CONNECT_MS = 1_000;
/** How often the daemon checks whether it still has anything to keep, in milliseconds. */
const END_LOOK_MS = 500;
/** How long an ended process is kept that somebody has read: whoever did may have to come back for it, in milliseconds. */
const READ_KEEP_MS = 60_000;

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
  /** Whether its public path leads to it. */
  isInPlace(): boolean;
  /** Takes no more requests of those that are connected: they are answered what they have asked, and closed. */
  finishConnections(): void;
  /** Lets the gate decide who is let in, until it is given none. */
  useGate(gate: Gate | undefined): void;
  /** Gives up what only one daemon can have, the lock last. */
  withdraw(): Promise<void>;
  /** Takes the lock, if nobody has it. */
  tryLock(): boolean;
  /** Takes back what it gave up; the lock and the socket are its own again. */
  serveAgain(): Promise<void>;
  /** The instance that holds the lock and serves, if one does. */
  successor(): string | undefined;
  /** Its processes. */
  readonly supervisor: Pick<ReplaySupervisor, "running" | "list">;
  /** Stops it. */
  stop(): void;
}

/**
 * A daemon that has retired. It ends once nothing runs and nothing waits to be read: an ended process whose exit frame
 * nobody was given is kept as long as by any daemon, one that was read for another minute.
 */
export interface Retirement {
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
  const { paths, instanceId } = daemon;
  if (!daemon.isInPlace()) throw new Error(`another socket is at ${paths.socket}`);
  const retiring = new RetiringDaemon(daemon, retiredFiles(paths.retired, instanceId), onReturn);
  await retiring.withdraw();
  return retiring;
}

class RetiringDaemon implements Retirement {
  readonly #daemon: Retiring;
  readonly #files: RetiredFiles;
  readonly #onReturn: () => void;
  readonly #gate: Gate;
  readonly #since: number;
  #cancel: () => void = () => {};
  #isOver = false;
  #issuing: Promise<void> | undefined;
  /** Since when nobody relays and no token lies there to be read; `undefined` while that is not so. */
  #unreachableSince: number | undefined;

  constructor(daemon: Retiring, files: RetiredFiles, onReturn: () => void) {
    this.#daemon = daemon;
    this.#files = files;
    this.#onReturn = onReturn;
    this.#since = daemon.clock.elapsed();
    this.#gate = new Gate(daemon.clock, () => this.#reissue());
  }

  async withdraw(): Promise<void> {
    const daemon = this.#daemon;
    try {
      await Deno.mkdir(this.#files.directory, { recursive: true, mode: 0o700 });
      await writePrivateFile(this.#files.record, recordOf(daemon));
      daemon.finishConnections();
      daemon.useGate(this.#gate);
      await shareSocket(daemon.paths.socket, this.#files.socket);
      await this.#issueToken();
      await daemon.withdraw();
    } catch (error) {
      await this.#undo();
      throw error;
    }
    this.#later(LOOK_MS, () => this.#watchSuccessor());
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#cancel();
    await this.#issuing;
    await removeRetiredFiles(this.#files);
  }

  #later(ms: number, look: () => Promise<void>): void {
    if (this.#isOver) return;
    const { clock, log } = this.#daemon;
    this.#cancel = clock.after(ms, () =>
      void look().catch((error) => {
        log.error(`[handover] ${errnoText(error)}`);
        this.#later(ms, look);
      }));
  }

  async #watchSuccessor(): Promise<void> {
    const { instanceId, clock, log } = this.#daemon;
    const successor = this.#daemon.successor();
    if (successor !== undefined && successor !== instanceId) {
      log.info(`[handover] retired: the daemon that serves now relays to ${this.#files.socket}`);
      this.#gate.close();
      return this.#later(END_LOOK_MS, () => this.#watchEnd());
    }
    if (clock.elapsed() - this.#since < GRACE_MS || !await this.#takeBack()) {
      await this.#watchToken();
      return this.#later(LOOK_MS, () => this.#watchSuccessor());
    }
    log.warn("[handover] nobody took over: serving again");
    this.#isOver = true;
    this.#onReturn();
  }

  async #takeBack(): Promise<boolean> {
    if (!this.#daemon.tryLock()) return false;
    // A daemon that died while it took over may have left its own socket there.
    if (!this.#daemon.isInPlace()) await Deno.rename(this.#files.socket, this.#daemon.paths.socket);
    await this.#daemon.serveAgain();
    this.#daemon.useGate(undefined);
    this.#gate.open();
    await removeRetiredFiles(this.#files);
    return true;
  }

  async #watchEnd(): Promise<void> {
    if (this.#isDone()) return this.#daemon.stop();
    await this.#watchToken();
    this.#later(END_LOOK_MS, () => this.#watchEnd());
  }

  #isDone(): boolean {
    const { supervisor, clock } = this.#daemon;
    const isRead = ({ isRead, exitedAt }: ManagedProcess) => isRead && clock.elapsed() - exitedAt >= READ_KEEP_MS;
    return supervisor.running === 0 && supervisor.list().every(isRead);
  }

  /** Whoever has read the token may have died before it connected with it. */
  async #watchToken(): Promise<void> {
    const { clock } = this.#daemon;
    if (!this.#gate.isAlone || await isThere(this.#files.token)) {
      this.#unreachableSince = undefined;
      return;
    }
    this.#unreachableSince ??= clock.elapsed();
    if (clock.elapsed() - this.#unreachableSince >= CONNECT_MS) this.#reissue();
  }

  async #issueToken(): Promise<void> {
    const token = this.#daemon.makeToken();
    this.#gate.useToken(token);
    await writePrivateFile(this.#files.token, token);
    this.#unreachableSince = undefined;
  }

  /** Whoever relayed is gone: the next one finds another token. One that nobody has read yet stays. */
  #reissue(): void {
    const issue = async () => {
      if (!this.#isOver && this.#gate.isAlone && !await isThere(this.#files.token)) await this.#issueToken();
    };
    this.#issuing ??= issue()
      .catch((error) => this.#daemon.log.error(`[handover] ${errnoText(error)}`))
      .finally(() => this.#issuing = undefined);
  }

  async #undo(): Promise<void> {
    this.#isOver = true;
    if (!this.#daemon.isInPlace() && await isThere(this.#files.socket)) {
      await Deno.rename(this.#files.socket, this.#daemon.paths.socket);
    }
    this.#daemon.useGate(undefined);
    this.#gate.open();
    await removeRetiredFiles(this.#files);
  }
}

/** Makes a socket known by another name, too. Where the system cannot do that, it is moved there. */
async function shareSocket(path: string, name: string): Promise<void> {
  try {
    await Deno.link(path, name);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    await Deno.rename(path, name);
  }
}

function recordOf({ instanceId, clock }: Retiring): string {
  const record: RetiredRecord = { pid: Deno.pid, instanceId, retiredAt: new Date(clock.now()).toISOString() };
  return JSON.stringify(record) + "\n";
}
