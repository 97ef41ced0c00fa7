/**
 * Keeps the instances of remote control.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { PendingWork } from "../system/pending_work.ts";
import { RequestError } from "../system/request_error.ts";
import type { Topics } from "../system/topics.ts";
import { CrashRestarts } from "./crash_restarts.ts";
import { ExternalSessions } from "./external_sessions.ts";
import { findInstance } from "./find_instance.ts";
import { InstanceList } from "./instance_list.ts";
import { InstanceRunner, type RunnerContext } from "./instance_runner.ts";
import { InstanceStarts } from "./instance_starts.ts";
import { LogMask } from "./log_mask.ts";
import { KEPT_MS } from "./masked_log.ts";
import { LoadMeter } from "./machine_load.ts";
import { Metrics } from "./metrics.ts";
import { OwnProcesses } from "./own_processes.ts";
import { readPointers } from "./pointer_files.ts";
import { PtyPrograms } from "./pty_programs.ts";
import { environmentLink, type InstanceRecord, isLive, newRecord, sessionLink } from "./record.ts";
import type { LinkCode, LogRange, Remote, ResumeInstanceOptions } from "./remote.ts";
import type { RemoteProjects, RemoteSettings } from "./settings.ts";
import { StandardPrograms } from "./standard_programs.ts";
import { Tmux } from "./tmux.ts";
import type {
  ExternalSession,
  Instance,
  InstanceLog,
  MachineLoad,
  MetricsSample,
  RemoteNotice,
  StartedInstance,
  StartInstanceParams,
} from "./types.ts";

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
  readonly #instances = new InstanceList();
  readonly #context: RunnerContext;
  readonly #external: ExternalSessions;
  readonly #metrics: Metrics;
  readonly #load: LoadMeter;
  readonly #background = new PendingWork((error) => this.#report(error));
  readonly #starts: InstanceStarts;
  readonly #restarts: CrashRestarts;
  /** Starts come one after the other, so that each sees what the one before has started. */
  #starting: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Finds the instances in the store; their programs are looked for when the daemon is there. */
  constructor(options: RemoteManagerOptions) {
    this.#options = options;
    const { line, clock, settings, store, topics, projects, onError, onWarning } = options;
    const tmux = new Tmux(line, settings.tmuxSocket, clock);
    this.#context = {
      line,
      clock,
      settings,
      mask: new LogMask(settings.secrets),
      standard: new StandardPrograms(line),
      pty: new PtyPrograms(line, tmux, onError),
      store: (record, isVisible) => this.#put(record, isVisible),
      isLogWatched: (id) => topics.isWatched(`log:${id}`),
      tellLog: (id, log) => topics.publish({ topic: `log:${id}`, log }),
      onCrash: (runner) => this.#restarts.restartLater(runner),
      onError,
    };
    const [instances, context] = [this.#instances, this.#context];
    this.#starts = new InstanceStarts({ context, instances, projects, tmux, onWarning });
    this.#restarts = new CrashRestarts({
      settings,
      clock,
      inTurn: (work) => this.#background.add(this.#inTurn(work)),
      isKept: (runner) => instances.byId(runner.record.id) === runner,
      check: (runner) => this.#starts.checkRestart(runner),
      onWarning,
    });
    const own = new OwnProcesses(line, tmux, () => instances.live().map(({ record }) => record));
    this.#external = new ExternalSessions({ line, clock, settings, topics, projects, own, onWarning });
    this.#metrics = new Metrics({ line, clock, topics, own, onError: onWarning });
    this.#load = new LoadMeter(line, clock);
    for (const { data } of store.instances.all()) {
      this.#instances.add(new InstanceRunner(this.#context, JSON.parse(data) as InstanceRecord));
    }
    this.#background.add(this.#forgetOld());
    this.#background.add(this.#starts.applyRecapHook());
  }

  /** Finds the programs of instances again: the daemon can be reached from now on. */
  daemonUp(): void {
    this.#background.add(this.#recover());
  }

  list(project?: string): Instance[] {
    const all = this.#instances.newestFirst();
    const wanted = project === undefined ? all : all.filter(({ record }) => record.project === project);
    return wanted.map(({ instance }) => instance);
  }

  get(reference: string): Instance {
    return this.#instances.find(reference).instance;
  }

  /** Where instances run now, and since when, in milliseconds since the epoch. */
  running(): { readonly path: string; readonly startedAt: number }[] {
    const live = this.#instances.newestFirst().filter(({ record }) => isLive(record));
    return live.map(({ record: { path }, instance }) => ({ path, startedAt: Date.parse(instance.started_at) }));
  }

  async start(params: StartInstanceParams): Promise<StartedInstance> {
    return await this.#inTurn(() => this.#starts.start(params));
  }

  async stop(reference: string): Promise<Instance> {
    const runner = this.#instances.find(reference);
    await runner.stop();
    return runner.instance;
  }

  async resume(reference: string, { confirm }: ResumeInstanceOptions = {}): Promise<Instance> {
    const { record: { id } } = this.#instances.find(reference);
    return await this.#inTurn(() => this.#starts.resume(this.#instances.find(id), confirm));
  }

  async forget(reference: string): Promise<void> {
    const runner = findInstance(this.#instances.newestFirst(), reference, false);
    const { id, name } = runner.record;
    if (isLive(runner.record)) throw new RequestError("conflict", `${name} is running: stop it first`);
    await this.#remove(runner);
    this.#options.topics.publish({ topic: "instances", removed: id });
  }

  async qr(reference: string): Promise<LinkCode> {
    const { name, sessionId, environmentId } = this.#instances.find(reference).record;
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
    return await this.#instances.find(reference).log(range);
  }

  external(): Promise<readonly ExternalSession[]> {
    return this.#external.list();
  }

  metrics(): Promise<readonly MetricsSample[]> {
    return this.#metrics.list();
  }

  load(): Promise<MachineLoad> {
    return this.#load.read();
  }

  /** Leaves all programs alone; they run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#restarts[Symbol.dispose]();
    this.#external[Symbol.dispose]();
    this.#metrics[Symbol.dispose]();
    await Promise.all(this.#instances.all().map((runner) => runner.close()));
    for (const runner of this.#instances.live()) runner.flush();
    await this.#background.finished();
  }

  // ---- Those that run already.

  async #recover(): Promise<void> {
    const runners = this.#instances.live().filter(({ isConnected }) => !isConnected);
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
      if (this.#isClosed || this.#instances.liveServer(name) !== undefined) continue;
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
      this.#instances.add(runner);
      runner.set({});
    }
  }

  /** Forgets instances whose logs are gone because they are too old. */
  async #forgetOld(): Promise<void> {
    const now = this.#options.clock.now();
    for (const runner of this.#instances.all()) {
      const { endedAt } = runner.record;
      if (endedAt !== null && now - endedAt > KEPT_MS) await this.#remove(runner);
    }
  }

  async #remove(runner: InstanceRunner): Promise<void> {
    this.#instances.delete(runner.record.id);
    this.#options.store.instances.delete(runner.record.id);
    await runner.removeLog();
  }

  // ---- Shared.

  #put(record: InstanceRecord, isVisible: boolean): void {
    const { store, topics } = this.#options;
    const { id, createdAt } = record;
    store.instances.put({ id, createdAt, data: JSON.stringify(record) });
    const runner = this.#instances.byId(id);
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
}
