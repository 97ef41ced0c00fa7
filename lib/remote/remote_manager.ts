/**
 * Keeps the instances of remote control.
 *
 * @module
 */

import { setInClaudeConfig, TrustError } from "../claude_home/trust.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import type { Store } from "../store/store.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import { RequestError } from "../system/request_error.ts";
import type { Topics } from "../system/topics.ts";
import { BYPASS } from "./arguments.ts";
import { checkBypass, checkModes, checkRoom, checkTrust } from "./checks.ts";
import { ExternalSessions } from "./external_sessions.ts";
import { findInstance } from "./find_instance.ts";
import { InstanceRunner, type RunnerContext } from "./instance_runner.ts";
import { LogMask } from "./log_mask.ts";
import { KEPT_MS } from "./masked_log.ts";
import { Metrics } from "./metrics.ts";
import { OwnProcesses } from "./own_processes.ts";
import { readPointers } from "./pointer_files.ts";
import { PtyPrograms } from "./pty_programs.ts";
import { applyRecapHook } from "./recap_hook.ts";
import { environmentLink, type InstanceRecord, isLive, newRecord, sessionLink } from "./record.ts";
import type { LinkCode, LogRange, Remote, ResumeInstanceOptions } from "./remote.ts";
import type { RemoteProject, RemoteProjects, RemoteSettings } from "./settings.ts";
import { StandardPrograms } from "./standard_programs.ts";
import { Tmux } from "./tmux.ts";
import type {
  ExternalSession,
  Instance,
  InstanceLog,
  MetricsSample,
  RemoteNotice,
  StartedInstance,
  StartInstanceParams,
} from "./types.ts";

/** What the CLI asks people once about remote control, and where it records that they have seen it. */
const ACKNOWLEDGED = { hasUsedRemoteControl: true, remoteDialogSeen: true };
/** After how many milliseconds a crashed instance is started again: the first time in an hour, the second, and so on. */
const RESTART_MS = [1_000, 5_000, 15_000, 60_000, 300_000];
const HOUR_MS = 3_600_000;

/** What the keeper of instances needs. */
export interface RemoteManagerOptions {
  /** The connection to the daemon. Its owner tells when it is up. */
  readonly line: DaemonLine;
  /** What is kept. */
  readonly store: Store;
  /** The settings. */
  readonly settings: RemoteSettings;
  /** The projects. */
  readonly projects: RemoteProjects;
  /** Tells those who watch. */
  readonly topics: Pick<Topics<RemoteNotice>, "publish" | "isWatched" | "onWatch">;
  /** The source of time. */
  readonly clock: Clock;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
  /** Called once with what does not work now and does no other harm. */
  readonly onWarning: (message: string) => void;
}

/** See the module comment. */
export class RemoteManager implements Remote {
  readonly #options: RemoteManagerOptions;
  readonly #runners = new Map<string, InstanceRunner>();
  readonly #context: RunnerContext;
  readonly #tmux: Tmux;
  readonly #external: ExternalSessions;
  readonly #metrics: Metrics;
  readonly #background = new Set<Promise<unknown>>();
  readonly #cancels = new Set<() => void>();
  /** Starts come one after the other, so that each sees what the one before has started. */
  #starting: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Finds the instances in the store; their programs are looked for when the daemon is there. */
  constructor(options: RemoteManagerOptions) {
    this.#options = options;
    const { line, clock, settings, store, topics, projects, onError, onWarning } = options;
    this.#tmux = new Tmux(line, settings.tmuxSocket, clock);
    this.#context = {
      line,
      clock,
      settings,
      mask: new LogMask(settings.secrets),
      standard: new StandardPrograms(line),
      pty: new PtyPrograms(line, this.#tmux, onError),
      store: (record, isVisible) => this.#put(record, isVisible),
      isLogWatched: (id) => topics.isWatched(`log:${id}`),
      tellLog: (id, log) => topics.publish({ topic: `log:${id}`, log }),
      onCrash: (runner) => this.#restartLater(runner),
      onError,
    };
    const own = new OwnProcesses(line, this.#tmux, () => this.#live().map(({ record }) => record));
    this.#external = new ExternalSessions({ line, clock, settings, topics, projects, own, onWarning });
    this.#metrics = new Metrics({ line, clock, topics, own, onError: onWarning });
    for (const { id, data } of store.instances.all()) {
      this.#runners.set(id, new InstanceRunner(this.#context, JSON.parse(data) as InstanceRecord));
    }
    this.#track(this.#forgetOld());
    this.#track(this.#applyRecapHook());
  }

  /** Finds the programs of instances again: the daemon can be reached from now on. */
  daemonUp(): void {
    this.#track(this.#recover());
  }

  list(project?: string): Instance[] {
    return this.#newestFirst().filter(({ record }) => project === undefined || record.project === project).map((
      { instance },
    ) => instance);
  }

  get(reference: string): Instance {
    return this.#find(reference).instance;
  }

  /** Where instances run now, and since when, in milliseconds since the epoch. */
  running(): { readonly path: string; readonly startedAt: number }[] {
    const live = this.#newestFirst().filter(({ record }) => isLive(record));
    return live.map(({ record: { path }, instance }) => ({ path, startedAt: Date.parse(instance.started_at) }));
  }

  async start(params: StartInstanceParams): Promise<StartedInstance> {
    return await this.#inTurn(() => this.#start(params));
  }

  async stop(reference: string): Promise<Instance> {
    const runner = this.#find(reference);
    await runner.stop();
    return runner.instance;
  }

  async resume(reference: string, { confirm }: ResumeInstanceOptions = {}): Promise<Instance> {
    const { record: { id } } = this.#find(reference);
    return await this.#inTurn(() => this.#resume(this.#find(id), confirm));
  }

  async forget(reference: string): Promise<void> {
    const runner = findInstance(this.#newestFirst(), reference, false);
    const { id, name } = runner.record;
    if (isLive(runner.record)) throw new RequestError("conflict", `${name} is running: stop it first`);
    await this.#remove(runner);
    this.#options.topics.publish({ topic: "instances", removed: id });
  }

  async qr(reference: string): Promise<LinkCode> {
    const { name, sessionId, environmentId } = this.#find(reference).record;
    const url = sessionId !== null
      ? sessionLink(sessionId)
      : environmentId !== null
      ? environmentLink(environmentId)
      : undefined;
    if (url === undefined) {
      throw new RequestError("conflict", `${name} has no link yet: it has not said that it is ready`);
    }
    const { renderSVG } = await import("uqr");
    return { svg: renderSVG(url, { ecc: "M", border: 4 }), url };
  }

  async log(reference: string, range: LogRange = {}): Promise<InstanceLog> {
    return await this.#find(reference).log(range);
  }

  external(): Promise<readonly ExternalSession[]> {
    return this.#external.list();
  }

  metrics(): Promise<readonly MetricsSample[]> {
    return this.#metrics.list();
  }

  /** Leaves all programs alone; they run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
    this.#external[Symbol.dispose]();
    this.#metrics[Symbol.dispose]();
    await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
    for (const runner of this.#live()) runner.flush();
    await Promise.all(this.#background);
  }

  // ---- Starts.

  async #start(params: StartInstanceParams): Promise<StartedInstance> {
    const { settings } = this.#options;
    const project = await this.#project(params.project);
    const mode = params.mode ?? settings.mode;
    const spawnMode = mode === "pty" ? params.spawn_mode ?? null : params.spawn_mode ?? "same-dir";
    const { name = project.name, permission_mode: permissionMode = "default" } = params;
    const launch = { name, mode, spawnMode, permissionMode };
    checkModes(launch, project);
    if (mode === "pty") await this.#tmux.check();
    checkBypass(permissionMode, project, params.confirm);
    checkTrust(project);
    const former = mode === "standard" ? this.#liveServer(project.name) : undefined;
    if (former !== undefined) return { ...former.instance, created: false };
    await this.#prepare();
    const { clock } = this.#options;
    const given = { id: crypto.randomUUID(), project: project.name, path: project.path, ...launch };
    const runner = new InstanceRunner(this.#context, newRecord(given, clock.now()));
    this.#runners.set(given.id, runner);
    await runner.launch(false);
    return { ...runner.instance, created: true };
  }

  async #resume(runner: InstanceRunner, confirm: string | undefined): Promise<Instance> {
    const { record } = runner;
    if (isLive(record)) throw new RequestError("conflict", `${record.name} is running already`);
    const project = await this.#checkAgain(record);
    checkBypass(record.permissionMode, project, confirm);
    checkTrust(project);
    const former = record.mode === "standard" ? this.#liveServer(project.name) : undefined;
    if (former !== undefined) {
      throw new RequestError("conflict", `${project.name} has a server already: ${former.record.name}; stop it first`);
    }
    await this.#prepare();
    await runner.launch(true, { path: project.path, restartedAt: [], restarts: 0 });
    return runner.instance;
  }

  /** Checks that an instance could still be started as it was. */
  async #checkAgain(record: InstanceRecord): Promise<RemoteProject> {
    const project = await this.#project(record.project);
    checkModes(record, project);
    if (record.mode === "pty") await this.#tmux.check();
    return project;
  }

  /** What is done before any start, once it is allowed. */
  async #prepare(): Promise<void> {
    const { settings } = this.#options;
    if (settings.autoEnable) await asConflict(() => setInClaudeConfig(settings.home, ACKNOWLEDGED));
    await this.#applyRecapHook();
    checkRoom(this.#live().length, settings.max);
  }

  /** Without the hook, everything else works. */
  async #applyRecapHook(): Promise<void> {
    const { settings, onWarning } = this.#options;
    try {
      await applyRecapHook(settings);
    } catch (error) {
      if (!(error instanceof ClaustrumError)) throw error;
      onWarning(`[remote] ${error.message}`);
    }
  }

  async #project(name: string): Promise<RemoteProject> {
    const project = await this.#options.projects.projectOf(name);
    if (project === undefined) throw new RequestError("unknown", `there is no project ${JSON.stringify(name)}`);
    return project;
  }

  #liveServer(project: string): InstanceRunner | undefined {
    return this.#live().find(({ record }) => record.project === project && record.mode === "standard");
  }

  // ---- Crashes.

  #restartLater(runner: InstanceRunner): void {
    const { settings, clock } = this.#options;
    const { permissionMode, restartedAt } = runner.record;
    // Nothing automatic goes back to where nobody is asked.
    if (!settings.restartsOnCrash || this.#isClosed || permissionMode === BYPASS) return;
    const recent = restartedAt.filter((at) => clock.now() - at < HOUR_MS);
    const delay = RESTART_MS[recent.length];
    if (delay === undefined) {
      const { name, errorDetail } = runner.record;
      runner.set({ errorDetail: `${errorDetail}\n(it was started again ${recent.length} times in an hour)` });
      return this.#options.onWarning(`[remote] ${name} crashes again and again: it is not started again`);
    }
    const cancel = clock.after(delay, () => {
      this.#cancels.delete(cancel);
      this.#track(this.#inTurn(() => this.#restart(runner, [...recent, clock.now()])));
    });
    this.#cancels.add(cancel);
  }

  async #restart(runner: InstanceRunner, restartedAt: readonly number[]): Promise<void> {
    // Somebody may have resumed it, stopped it or forgotten it in the meantime.
    if (runner.record.status !== "crashed" || this.#runners.get(runner.record.id) !== runner) return;
    try {
      const project = await this.#checkAgain(runner.record);
      checkTrust(project);
      checkRoom(this.#live().length, this.#options.settings.max);
      if (runner.record.mode === "standard" && this.#liveServer(project.name) !== undefined) return;
      await runner.launch(true, { restartedAt, restarts: runner.record.restarts + 1 });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      runner.set({ errorDetail: `it could not be started again: ${error.message}` });
    }
  }

  // ---- Those that run already.

  async #recover(): Promise<void> {
    const runners = this.#live().filter(({ isConnected }) => !isConnected);
    for (const runner of runners) {
      await runner.recover().catch((error) => this.#report(error));
    }
    await this.#adoptPointers();
  }

  /** Takes over servers that another program has started, and that the CLI's own files name. */
  async #adoptPointers(): Promise<void> {
    const { projects, settings, clock } = this.#options;
    const places = await projects.places().catch((error) => {
      // Without a root there are no projects.
      if (error instanceof RequestError) return [];
      throw error;
    });
    for (const { name, path } of places) {
      if (this.#isClosed || this.#liveServer(name) !== undefined) continue;
      const pointer = (await readPointers(settings.home, path)).at(0);
      if (pointer === undefined) continue;
      const { pid, procStart, environmentId, sessionId } = pointer;
      const given = {
        id: crypto.randomUUID(),
        project: name,
        path,
        name,
        mode: "standard",
        spawnMode: "same-dir",
      } as const;
      const runner = new InstanceRunner(this.#context, {
        ...newRecord({ ...given, permissionMode: "default" }, clock.now()),
        ...{ status: "running", pid, procStart, isAdopted: true, hasPollLoop: true, environmentId, sessionId },
      });
      if (!await runner.tryAdopt()) continue;
      this.#runners.set(given.id, runner);
      runner.set({});
    }
  }

  /** Forgets instances whose logs are gone because they are too old. */
  async #forgetOld(): Promise<void> {
    const now = this.#options.clock.now();
    for (const runner of [...this.#runners.values()]) {
      const { endedAt } = runner.record;
      if (endedAt !== null && now - endedAt > KEPT_MS) await this.#remove(runner);
    }
  }

  async #remove(runner: InstanceRunner): Promise<void> {
    this.#runners.delete(runner.record.id);
    this.#options.store.instances.delete(runner.record.id);
    await runner.removeLog();
  }

  // ---- Shared.

  #find(reference: string): InstanceRunner {
    return findInstance(this.#newestFirst(), reference);
  }

  #newestFirst(): InstanceRunner[] {
    return [...this.#runners.values()].reverse();
  }

  #live(): InstanceRunner[] {
    return [...this.#runners.values()].filter(({ record }) => isLive(record));
  }

  #put(record: InstanceRecord, isVisible: boolean): void {
    const { store, topics } = this.#options;
    const { id, createdAt } = record;
    store.instances.put({ id, createdAt, data: JSON.stringify(record) });
    const runner = this.#runners.get(id);
    if (isVisible && runner !== undefined) topics.publish({ topic: "instances", instance: runner.instance });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#starting.then(() => {
      if (this.#isClosed) throw new RequestError("unavailable", "the hub is stopping");
      return work();
    });
    this.#starting = done.then(() => {}, () => {});
    return done;
  }

  #report(error: unknown): void {
    if (!this.#isClosed) this.#options.onError(error);
  }

  #track(work: Promise<unknown>): void {
    const done = work.catch((error) => this.#report(error)).finally(() => this.#background.delete(done));
    this.#background.add(done);
  }
}

/** Tells whoever asks that a file of the user is not as expected. */
async function asConflict(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    throw new RequestError("conflict", error.message, { cause: error });
  }
}
