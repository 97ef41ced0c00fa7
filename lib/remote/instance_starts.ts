/**
 * Starts instances: new ones, those that are resumed, and crashed ones.
 *
 * @module
 */

import { setInClaudeConfig } from "../claude_home/trust.ts";
import { TrustError } from "../claude_home/trust_error.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { RequestError } from "../system/request_error.ts";
import { checkBypass, checkModes, checkRoom, checkTrust } from "./checks.ts";
import type { InstanceList } from "./instance_list.ts";
import { InstanceRunner, type RunnerContext } from "./instance_runner.ts";
import { applyRecapHook } from "./recap_hook.ts";
import { type InstanceRecord, isLive, newRecord } from "./record.ts";
import type { RemoteProject, RemoteProjects } from "./settings.ts";
import type { Tmux } from "./tmux.ts";
import type { Instance, StartedInstance, StartInstanceParams } from "./types.ts";

/** What the CLI asks people once about remote control, and where it records that they have seen it. */
const ACKNOWLEDGED = { hasUsedRemoteControl: true, remoteDialogSeen: true };

/** What is needed to start instances. */
export interface InstanceStartsOptions {
  /** What all instances share. */
  readonly context: RunnerContext;
  /** All instances. */
  readonly instances: InstanceList;
  /** The projects. */
  readonly projects: RemoteProjects;
  /** The server of terminals. */
  readonly tmux: Tmux;
  /** Called once with what does not work now and does no other harm. */
  readonly onWarning: (message: string) => void;
}

/** See the module comment. */
export class InstanceStarts {
  readonly #options: InstanceStartsOptions;

  /** Starts nothing yet. */
  constructor(options: InstanceStartsOptions) {
    this.#options = options;
  }

  /**
   * Starts a new instance, or returns the server that a project has.
   *
   * @throws {RequestError} If it cannot be started.
   */
  async start(params: StartInstanceParams): Promise<StartedInstance> {
    const { context, instances, tmux } = this.#options;
    const { settings, clock } = context;
    const project = await this.#project(params.project);
    const mode = params.mode ?? settings.mode;
    const spawnMode = mode === "pty" ? params.spawn_mode ?? null : params.spawn_mode ?? "same-dir";
    const { name = project.name, permission_mode: permissionMode = "default" } = params;
    const launch = { name, mode, spawnMode, permissionMode };
    checkModes(launch, project);
    if (mode === "pty") await tmux.check();
    checkBypass(permissionMode, project, params.confirm);
    checkTrust(project);
    const former = mode === "standard" ? instances.liveServer(project.name) : undefined;
    if (former !== undefined) return { ...former.instance, created: false };
    await this.#prepare();
    const given = { id: crypto.randomUUID(), project: project.name, path: project.path, ...launch };
    const runner = new InstanceRunner(context, newRecord(given, clock.now()));
    instances.add(runner);
    await runner.launch(false);
    return { ...runner.instance, created: true };
  }

  /**
   * Starts an instance again that has ended.
   *
   * @param confirm The project's name, if its agents would ask nobody.
   * @throws {RequestError} If it runs, or cannot be started.
   */
  async resume(runner: InstanceRunner, confirm: string | undefined): Promise<Instance> {
    const { record } = runner;
    if (isLive(record)) throw new RequestError("conflict", `${record.name} is running already`);
    const project = await this.#checkAgain(record);
    checkBypass(record.permissionMode, project, confirm);
    checkTrust(project);
    const former = record.mode === "standard" ? this.#options.instances.liveServer(project.name) : undefined;
    if (former !== undefined) {
      throw new RequestError("conflict", `${project.name} has a server already: ${former.record.name}; stop it first`);
    }
    await this.#prepare();
    await runner.launch(true, { path: project.path, restartedAt: [], restarts: 0 });
    return runner.instance;
  }

  /**
   * Checks that an instance that has crashed may be started again.
   *
   * @returns `false` if its project has another server by now.
   * @throws {RequestError} If it may not.
   */
  async checkRestart({ record }: InstanceRunner): Promise<boolean> {
    const { context, instances } = this.#options;
    const project = await this.#checkAgain(record);
    checkTrust(project);
    checkRoom(instances.live().length, context.settings.max);
    return record.mode !== "standard" || instances.liveServer(project.name) === undefined;
  }

  /** Has the CLI tell what its sessions do, if the settings say so. Without the hook, everything else works. */
  async applyRecapHook(): Promise<void> {
    const { context, onWarning } = this.#options;
    try {
      await applyRecapHook(context.settings);
    } catch (error) {
      if (!(error instanceof ClaustrumError)) throw error;
      onWarning(`[remote] ${error.message}`);
    }
  }

  /** Checks that an instance could still be started as it was. */
  async #checkAgain(record: InstanceRecord): Promise<RemoteProject> {
    const project = await this.#project(record.project);
    checkModes(record, project);
    if (record.mode === "pty") await this.#options.tmux.check();
    return project;
  }

  /** What is done before any start, once it is allowed. */
  async #prepare(): Promise<void> {
    const { context: { settings }, instances } = this.#options;
    if (settings.autoEnable) await asConflict(() => setInClaudeConfig(settings.home, ACKNOWLEDGED));
    await this.applyRecapHook();
    checkRoom(instances.live().length, settings.max);
  }

  async #project(name: string): Promise<RemoteProject> {
    const project = await this.#options.projects.projectOf(name);
    if (project === undefined) throw new RequestError("unknown", `there is no project ${JSON.stringify(name)}`);
    return project;
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
