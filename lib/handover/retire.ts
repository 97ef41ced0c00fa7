/**
 * How a daemon retires: it gives up its public socket, token and lock and keeps its processes, which the next daemon
 * relays to. If no daemon takes over, it serves again.
 *
 * Its socket stays at the public path until the next daemon replaces it, so that clients can always connect; see
 * {@linkcode Gate} for the clients that connect in the meantime.
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

/** How long the next daemon may take to lock, in milliseconds. */
const GRACE_MS = 3_000;
/** How often to check which daemon holds the lock, in milliseconds; clients wait for the result. */
const SUCCESSOR_CHECK_MS = 10;
/** How long a daemon that has read the token may take to connect with it, in milliseconds. */
const CONNECT_MS = 1_000;
/** How often to check whether any process is left, in milliseconds. */
const END_CHECK_MS = 500;
/** How long an ended process is kept after a client has read its exit, in milliseconds: the client may reconnect. */
const READ_KEEP_MS = 60_000;

/** The operations of a daemon that its retirement needs. */
export interface DaemonControl {
  /** The paths of its public files. */
  readonly paths: DaemonPaths;
  /** The id of this run of the daemon. */
  readonly instanceId: string;
  /** The source of time. */
  readonly clock: Clock;
  /** Generates a token. */
  readonly makeToken: () => string;
  /** Its log. */
  readonly log: { info(text: string): void; warn(text: string): void; error(text: string): void };
  /** Whether the public path leads to its socket. */
  ownsPath(): boolean;
  /** Reads no more requests from its connections, answers the pending ones and closes the connections. */
  finishConnections(): void;
  /** Lets a gate decide which clients are admitted; without one, its own token decides. */
  setGate(gate: Gate | undefined): void;
  /** Gives up the resources that only one daemon can have, the lock last. */
  withdraw(): Promise<void>;
  /** Takes the lock if no other daemon holds it. */
  tryLock(): boolean;
  /** Serves again, once it has the lock and the socket back. */
  serveAgain(): Promise<void>;
  /** The id of the daemon that holds the lock and serves, if there is one. */
  lockHolder(): string | undefined;
  /** The supervisor of its processes. */
  readonly supervisor: Pick<ReplaySupervisor, "running" | "list">;
  /** Stops the daemon. */
  stop(): void;
}

/**
 * The retirement of a daemon. The daemon ends once no process runs and every exit has been read by a client: an exit
 * that was read is kept for another minute, an unread one as long as by any daemon.
 */
export interface Retirement {
  /** Stops the checks and removes the files of the retired daemon. */
  end(): Promise<void>;
}

/**
 * Retires a daemon.
 *
 * @param onReturn Called when the daemon serves again because no other daemon took over.
 * @throws {Error} If the daemon cannot retire; it goes on serving then.
 */
export async function retire(daemon: DaemonControl, onReturn: () => void): Promise<Retirement> {
  const { paths, instanceId } = daemon;
  if (!daemon.ownsPath()) throw new Error(`another socket is at ${paths.socket}`);
  const retirement = new DaemonRetirement(daemon, retiredFiles(paths.retired, instanceId), onReturn);
  await retirement.begin();
  return retirement;
}

class DaemonRetirement implements Retirement {
  readonly #daemon: DaemonControl;
  readonly #files: RetiredFiles;
  readonly #onReturn: () => void;
  readonly #gate: Gate;
  readonly #since: number;
  #cancelCheck: () => void = () => {};
  #isOver = false;
  #issuing: Promise<void> | undefined;
  /** When the daemon became unreachable: no daemon relays to it, and there is no token file to connect with. */
  #unreachableSince: number | undefined;

  constructor(daemon: DaemonControl, files: RetiredFiles, onReturn: () => void) {
    this.#daemon = daemon;
    this.#files = files;
    this.#onReturn = onReturn;
    this.#since = daemon.clock.elapsed();
    this.#gate = new Gate(daemon.clock, () => this.#reissue());
  }

  async begin(): Promise<void> {
    const daemon = this.#daemon;
    try {
      await Deno.mkdir(this.#files.directory, { recursive: true, mode: 0o700 });
      await writePrivateFile(this.#files.record, recordOf(daemon));
      daemon.finishConnections();
      daemon.setGate(this.#gate);
      await shareSocket(daemon.paths.socket, this.#files.socket);
      await this.#issueToken();
      await daemon.withdraw();
    } catch (error) {
      await this.#undo();
      throw error;
    }
    this.#checkAfter(SUCCESSOR_CHECK_MS, () => this.#checkSuccessor());
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#cancelCheck();
    await this.#issuing;
    await removeRetiredFiles(this.#files);
  }

  #checkAfter(ms: number, check: () => Promise<void>): void {
    if (this.#isOver) return;
    const { clock, log } = this.#daemon;
    this.#cancelCheck = clock.after(ms, () =>
      void check().catch((error) => {
        log.error(`[handover] ${errnoText(error)}`);
        this.#checkAfter(ms, check);
      }));
  }

  async #checkSuccessor(): Promise<void> {
    const { instanceId, clock, log } = this.#daemon;
    const holder = this.#daemon.lockHolder();
    if (holder !== undefined && holder !== instanceId) {
      log.info(`[handover] retired: the daemon that serves now relays to ${this.#files.socket}`);
      this.#gate.close();
      return this.#checkAfter(END_CHECK_MS, () => this.#checkEnd());
    }
    if (clock.elapsed() - this.#since < GRACE_MS || !await this.#tryReturn()) {
      await this.#checkToken();
      return this.#checkAfter(SUCCESSOR_CHECK_MS, () => this.#checkSuccessor());
    }
    log.warn("[handover] no daemon took over: serving again");
    this.#isOver = true;
    this.#onReturn();
  }

  async #tryReturn(): Promise<boolean> {
    if (!this.#daemon.tryLock()) return false;
    // A daemon that died while it took over may have left its own socket at the public path.
    if (!this.#daemon.ownsPath()) await Deno.rename(this.#files.socket, this.#daemon.paths.socket);
    await this.#daemon.serveAgain();
    this.#daemon.setGate(undefined);
    this.#gate.open();
    await removeRetiredFiles(this.#files);
    return true;
  }

  async #checkEnd(): Promise<void> {
    if (this.#isDone()) return this.#daemon.stop();
    await this.#checkToken();
    this.#checkAfter(END_CHECK_MS, () => this.#checkEnd());
  }

  #isDone(): boolean {
    const { supervisor, clock } = this.#daemon;
    const isRead = ({ isRead, exitedAt }: ManagedProcess) => isRead && clock.elapsed() - exitedAt >= READ_KEEP_MS;
    return supervisor.running === 0 && supervisor.list().every(isRead);
  }

  /** Replaces the token when a daemon has read it but does not connect: that daemon may have died. */
  async #checkToken(): Promise<void> {
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

  /** Issues another token for the next daemon that relays, unless there is one that has not been read yet. */
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
    if (!this.#daemon.ownsPath() && await isThere(this.#files.socket)) {
      await Deno.rename(this.#files.socket, this.#daemon.paths.socket);
    }
    this.#daemon.setGate(undefined);
    this.#gate.open();
    await removeRetiredFiles(this.#files);
  }
}

/** Gives a socket a second name. Where the file system has no hard links, the socket is renamed instead. */
async function shareSocket(path: string, name: string): Promise<void> {
  try {
    await Deno.link(path, name);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    await Deno.rename(path, name);
  }
}

function recordOf({ instanceId, clock }: DaemonControl): string {
  const record: RetiredRecord = { pid: Deno.pid, instanceId, retiredAt: new Date(clock.now()).toISOString() };
  return JSON.stringify(record) + "\n";
}
