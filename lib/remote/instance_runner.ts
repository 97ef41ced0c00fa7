/**
 * One instance: its program, its log, and what it says of itself.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { RequestError } from "../system/request_error.ts";
import { adopt } from "./adopted_programs.ts";
import { instanceCommand } from "./instance_command.ts";
import { changesAtEnd } from "./instance_end.ts";
import { InstanceLogs } from "./instance_log.ts";
import type { LogMask } from "./log_mask.ts";
import { type Finding, findMarkers } from "./markers.ts";
import type { Program, ProgramEnd } from "./program.ts";
import type { PtyPrograms } from "./pty_programs.ts";
import { afterSilence, learn, UNCONFIRMED_MS } from "./readiness.ts";
import { beforeLaunch, type InstanceRecord, isLive, processId, toInstance } from "./record.ts";
import type { RemoteSettings } from "./settings.ts";
import type { StandardPrograms } from "./standard_programs.ts";
import type { Instance, InstanceLog } from "./types.ts";

/** How often the debug file is read: while something is expected or grows, and else; in milliseconds. */
const [BUSY_MS, QUIET_MS] = [250, 1_000];
/** How often the screen of a terminal is looked at until it is ready, in milliseconds. */
const SCREEN_MS = 1_000;
/** How long a program may take to end after it was interrupted, in milliseconds. */
const END_MS = 5_000;
/** How long the end of a killed program may take to be known, in milliseconds. */
const KILLED_MS = 10_000;
/** How often the positions in the logs are stored, in milliseconds. */
const STORE_MS = 2_000;

/** What all instances share. */
export interface RunnerContext {
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** The source of time. */
  readonly clock: Clock;
  /** The settings. */
  readonly settings: RemoteSettings;
  /** Masks logs. */
  readonly mask: LogMask;
  /** Starts servers. */
  readonly standard: StandardPrograms;
  /** Starts programs in terminals. */
  readonly pty: PtyPrograms;
  /** Stores a record; tells those who watch, if they can see what has changed. */
  readonly store: (record: InstanceRecord, isVisible: boolean) => void;
  /** Whether somebody watches the log of an instance. */
  readonly isLogWatched: (id: string) => boolean;
  /** Tells those who watch the log of an instance. */
  readonly tellLog: (id: string, log: InstanceLog) => void;
  /** Called when an instance has crashed. */
  readonly onCrash: (runner: InstanceRunner) => void;
  /** Called when something fails that nobody waits for. */
  readonly onError: (error: unknown) => void;
}

/** Runs one instance. */
export class InstanceRunner {
  readonly #context: RunnerContext;
  #record: InstanceRecord;
  #logs: Promise<InstanceLogs> | undefined;
  #program: Program | undefined;
  /** Settles when the end of the program was dealt with. */
  #done: Promise<void> = Promise.resolve();
  #cancelLook: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #screenAt = 0;
  #storedAt = 0;
  #isClosed = false;
  /** Settles when the program was started, or found; `undefined` while neither is being done. */
  #busy: Promise<void> | undefined;

  /** Creates the runner of an instance; nothing is started. */
  constructor(context: RunnerContext, record: InstanceRecord) {
    this.#context = context;
    this.#record = record;
  }

  /** What is known of it. */
  get record(): InstanceRecord {
    return this.#record;
  }

  /** What is shown of it. */
  get instance(): Instance {
    return toInstance(this.#record);
  }

  /** Whether its program is watched. */
  get isConnected(): boolean {
    return this.#program !== undefined;
  }

  /** Its directory. */
  get #directory(): string {
    return `${this.#context.settings.directory}/${this.#record.id}`;
  }

  /**
   * Starts the program.
   *
   * @param isContinued Whether a program in a terminal goes on with the last conversation.
   * @param changes What else changes in the record.
   * @throws {RequestError} If it cannot be started, or there is no daemon or no tmux.
   */
  async launch(isContinued: boolean, changes: Partial<InstanceRecord> = {}): Promise<void> {
    const launch = this.#record.launch + 1;
    this.set({ ...beforeLaunch(this.#context.clock.now()), launch, ...changes });
    await this.#while(() => this.#launch(isContinued));
  }

  async #launch(isContinued: boolean): Promise<void> {
    try {
      const logs = await this.#openLogs();
      await logs.begin();
      await this.#start(logs, isContinued);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const endedAt = this.#context.clock.now();
      this.set({ status: "error", endedAt, errorDetail: `it could not be started: ${reason}` });
      if (!(error instanceof ClaustrumError) || error instanceof RequestError) throw error;
      throw new RequestError("unavailable", `remote control could not be started: ${reason}`, { cause: error });
    }
  }

  async #start(logs: InstanceLogs, isContinued: boolean): Promise<void> {
    const { settings, standard, pty } = this.#context;
    const record = this.#record;
    const start = instanceCommand(record, settings, { isContinued, debugFile: logs.debugPath });
    const started = record.mode === "pty"
      ? await pty.start(start, `${settings.tmuxPrefix}remote-${record.name}`)
      : await standard.start(start, this.#output(logs));
    this.#follow(started);
  }

  /** Finds the program again that ran before; notes its end if there is none. */
  async recover(): Promise<void> {
    // Whoever began it is told if it fails.
    if (this.#busy !== undefined) return await this.#busy.catch(() => {});
    if (!isLive(this.#record) || this.#program !== undefined) return;
    await this.#while(() => this.#recover());
  }

  async #recover(): Promise<void> {
    const program = await this.#find(await this.#openLogs());
    if (this.#isClosed) return program?.[Symbol.dispose]();
    if (program !== undefined) {
      this.#follow(program);
      // A hub that has died in between has not ended it.
      if (this.#record.intentionalStop) void this.stop().catch((error) => this.#report(error));
      return;
    }
    await this.#finish({ reason: "neither the daemon nor the system knows its process any more" });
  }

  async #while(work: () => Promise<void>): Promise<void> {
    this.#busy = work();
    try {
      await this.#busy;
    } finally {
      this.#busy = undefined;
    }
  }

  /** Takes over the program that the record names; returns false if it does not run. */
  async tryAdopt(): Promise<boolean> {
    const { line, onError } = this.#context;
    const { pid, procStart } = this.#record;
    const program = pid === null || procStart === null ? undefined : await adopt(line, pid, procStart, onError);
    if (program !== undefined) this.#follow(program);
    return program !== undefined;
  }

  async #find(logs: InstanceLogs): Promise<Program | undefined> {
    const { standard, pty, line, onError } = this.#context;
    const { isAdopted, mode, pid, procStart } = this.#record;
    const id = processId(this.#record);
    const own = isAdopted ? undefined : mode === "pty" ? await pty.find(id) : await standard.find(
      id,
      this.#output(logs),
    );
    if (own !== undefined) return own;
    return pid === null || procStart === null ? undefined : await adopt(line, pid, procStart, onError);
  }

  #output(logs: InstanceLogs) {
    return {
      fromFrame: this.#record.frame,
      onErrors: async (bytes: Uint8Array, frame: number) => {
        await logs.addErrors(bytes);
        this.#note({ frame });
      },
      onFailure: this.#context.onError,
    };
  }

  #follow(program: Program): void {
    const { pid, procStart = null, isAdopted } = program;
    this.#program = program;
    this.set({ pid, procStart, isAdopted });
    this.#done = program.ended.then((end) => this.#afterEnd(program, end)).catch(this.#context.onError);
    this.#scheduleLook(0);
  }

  async #afterEnd(program: Program, end: ProgramEnd): Promise<void> {
    if (this.#program !== program) return;
    this.#program = undefined;
    program[Symbol.dispose]();
    this.#cancelLook?.();
    await this.#looking;
    if (this.#isClosed) return;
    if (end.kind === "ended") return await this.#finish(end);
    // Without a daemon, the next one is waited for.
    this.#cancelLook = this.#context.clock.after(QUIET_MS, () => {
      if (this.#context.line.isUp) this.#looking = this.recover().catch((error) => this.#report(error));
    });
  }

  #report(error: unknown): void {
    if (!this.#isClosed && !(error instanceof ClaustrumError)) this.#context.onError(error);
  }

  async #finish({ reason }: { readonly reason: string }): Promise<void> {
    const { clock, mask, onCrash } = this.#context;
    const logs = await this.#openLogs();
    await this.#readLog(logs);
    await logs.end();
    const end = { endedAt: clock.now(), reason, errors: logs.errors, mask: (text: string) => mask.mask(text) };
    this.set(changesAtEnd(this.#record, end));
    if (this.#record.status === "crashed") onCrash(this);
  }

  /**
   * Stops the program; settles when it has ended.
   *
   * @throws {RequestError} If it cannot be reached, or does not end.
   */
  async stop(): Promise<void> {
    const { clock, line } = this.#context;
    if (!isLive(this.#record)) return;
    await line.soon();
    this.set({ intentionalStop: true });
    if (this.#program === undefined) await this.recover();
    const program = this.#program;
    const done = this.#done;
    if (program === undefined) return;
    await program.interrupt();
    if (await happensWithin(done, END_MS, clock)) return;
    await program.kill();
    if (await happensWithin(done, KILLED_MS, clock)) return;
    throw new RequestError(
      "unavailable",
      `${this.#record.name} (pid ${program.pid}) does not end, although it was killed`,
    );
  }

  /** Returns a part of the log. */
  async log(
    range: { readonly offset?: number | undefined; readonly bytes?: number | undefined },
  ): Promise<InstanceLog> {
    return await (await this.#openLogs()).read(range);
  }

  /** Removes the log of an instance that does not run. */
  async removeLog(): Promise<void> {
    await this.close();
    try {
      await Deno.remove(this.#directory, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Leaves the program alone from now on; it runs on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#program?.[Symbol.dispose]();
    await this.#looking;
    await this.#done;
    if (this.#logs !== undefined) (await this.#logs)[Symbol.dispose]();
  }

  /** Stores the positions in the logs. */
  flush(): void {
    this.#storedAt = this.#context.clock.elapsed();
    this.#context.store(this.#record, false);
  }

  /** Changes the record, and tells about it. */
  set(changes: Partial<InstanceRecord>): void {
    this.#record = { ...this.#record, ...changes };
    this.#storedAt = this.#context.clock.elapsed();
    this.#context.store(this.#record, true);
  }

  /** Changes positions, which are stored now and then: lines that are read again do no harm. */
  #note(changes: Pick<InstanceRecord, "frame"> | Pick<InstanceRecord, "debugOffset">): void {
    this.#record = { ...this.#record, ...changes };
    if (this.#context.clock.elapsed() - this.#storedAt >= STORE_MS) this.flush();
  }

  #openLogs(): Promise<InstanceLogs> {
    this.#logs ??= this.#makeLogs();
    return this.#logs;
  }

  async #makeLogs(): Promise<InstanceLogs> {
    const { clock, mask, settings, isLogWatched, tellLog } = this.#context;
    const { id } = this.#record;
    await Deno.mkdir(this.#directory, { recursive: true, mode: 0o700 });
    return await InstanceLogs.open({
      directory: this.#directory,
      mask,
      clock,
      redactOnDisk: settings.redactOnDisk,
      isWatched: () => isLogWatched(id),
      tell: (log) => tellLog(id, log),
      onLines: (lines) => this.#learn(findMarkers(lines)),
    });
  }

  // ---- What it says of itself.

  #scheduleLook(ms: number): void {
    this.#cancelLook?.();
    if (this.#isClosed || this.#program === undefined) return;
    this.#cancelLook = this.#context.clock.after(ms, () => {
      this.#looking = this.#look().catch((error) => {
        this.#report(error);
        return QUIET_MS;
      }).then((next) => this.#scheduleLook(next));
    });
  }

  /** Returns after how many milliseconds to look again. */
  async #look(): Promise<number> {
    const before = this.#record.debugOffset;
    const isBehind = await this.#readLog(await this.#openLogs());
    await this.#checkReady();
    if (isBehind) return 0;
    const isBusy = this.#record.status === "starting" || this.#record.debugOffset !== before ||
      this.#context.isLogWatched(this.#record.id);
    return isBusy ? BUSY_MS : QUIET_MS;
  }

  /** Reads what is new in the debug file; returns whether there is more. */
  async #readLog(logs: InstanceLogs): Promise<boolean> {
    const mayEmpty = this.#record.status !== "starting";
    const { offset, isBehind } = await logs.readDebug(this.#record.debugOffset, mayEmpty);
    if (offset !== this.#record.debugOffset) this.#note({ debugOffset: offset });
    return isBehind;
  }

  #learn(findings: readonly Finding[]): void {
    for (const finding of findings) {
      const changes = learn(this.#record, finding);
      if (Object.keys(changes).length > 0) this.set(changes);
    }
  }

  async #checkReady(): Promise<void> {
    const { clock, settings } = this.#context;
    const { status, mode, startedAt, isUnconfirmed } = this.#record;
    if (mode === "pty" && (status === "starting" || isUnconfirmed)) await this.#readScreen();
    if (this.#record.status !== "starting" || this.#program === undefined) return;
    const changes = afterSilence(this.#record, clock.now() - startedAt, settings.graceSeconds);
    if (changes !== undefined) this.set(changes);
  }

  async #readScreen(): Promise<void> {
    const now = this.#context.clock.elapsed();
    const every = this.#record.isUnconfirmed ? UNCONFIRMED_MS : SCREEN_MS;
    if (now - this.#screenAt < every || this.#program?.screen === undefined) return;
    this.#screenAt = now;
    this.#learn(findMarkers(await this.#program.screen()));
  }
}
