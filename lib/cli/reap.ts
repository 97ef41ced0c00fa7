/**
 * Finds the environments on the vendor's server that nobody here serves any more, and puts them away if that is wanted.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import {
  mayBeLive,
  parseAgents,
  planReaping,
  type ReapPlan,
  type RunningAgent,
  type ServerEnvironment,
  unknownServers,
} from "../remote/reaper.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, isMissing } from "../system/errno.ts";
import { cleanPath } from "../system/path_text.ts";
import { type EnvironmentsApi, EnvironmentsError } from "./environments_api.ts";

/** It is not certain what is in use, so that nothing may be put away. */
export class UncertainError extends ClaustrumError {
  constructor(reason: string, options?: ErrorOptions) {
    super(`nothing was changed, because it is not certain which environments are in use: ${reason}`, options);
  }
}

/** A hub that runs for less long may still be looking for instances that run, in seconds. */
const SETTLED_SECONDS = 10;

/** What {@linkcode Reaper} works with. */
export interface ReaperOptions {
  /** The vendor's list. */
  readonly api: Pick<EnvironmentsApi, "list" | "archive" | "delete">;
  /** The hub. */
  readonly hub: Pick<HubClient, "call">;
  /** The root of the projects in the configuration. */
  readonly root: string;
  /** The name of this machine. */
  readonly machine: string;
  /**
   * Asks the agent CLI for its sessions: `claude agents --json`, run by the daemon.
   *
   * @param socket The socket of the daemon.
   * @returns What it printed; `undefined` if it failed.
   */
  listAgents(socket: string): Promise<string | undefined>;
  /**
   * Lists the processes of this user: `ps -U USER -o pid=,ppid=,args=`, run by the daemon.
   *
   * @param socket The socket of the daemon.
   * @returns What it printed; `undefined` if it failed.
   */
  listProcesses(socket: string): Promise<string | undefined>;
}

/** What became of the environments. */
export interface Reaped {
  /** Those that are done with. */
  readonly done: readonly ServerEnvironment[];
  /** Those that are in use by now. */
  readonly spared: readonly ServerEnvironment[];
  /** Those that the server did not give up, and why. */
  readonly failed: readonly { readonly environment: ServerEnvironment; readonly error: string }[];
}

/** A plan, and how many environments were not understood. */
export interface FoundStale extends ReapPlan {
  /** How many environments are not as expected, and never touched. */
  readonly others: number;
}

/** Finds environments and puts them away. */
export class Reaper {
  readonly #options: ReaperOptions;

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  /**
   * Finds the environments that nobody here serves.
   *
   * @throws {UncertainError} If it is not certain what is in use.
   * @throws {EnvironmentsError} If the server does not tell what there is.
   */
  async find(): Promise<FoundStale> {
    // In this order: what is started in between is in use, and not in the list.
    const { environments, others } = await this.#options.api.list();
    return { ...await this.#plan(environments), others };
  }

  /**
   * Puts environments away, those that are still not in use.
   *
   * @throws {UncertainError} If it is not certain what is in use.
   */
  async reap(environments: readonly ServerEnvironment[], how: "archive" | "delete"): Promise<Reaped> {
    const { stale, kept } = await this.#plan(environments);
    const done: ServerEnvironment[] = [];
    const failed: { environment: ServerEnvironment; error: string }[] = [];
    for (const environment of stale) {
      try {
        await this.#options.api[how](environment.id);
        done.push(environment);
      } catch (error) {
        if (!(error instanceof EnvironmentsError)) throw error;
        failed.push({ environment, error: error.message });
      }
    }
    return { done, failed, spared: kept.map(({ environment }) => environment) };
  }

  async #plan(environments: readonly ServerEnvironment[]): Promise<ReapPlan> {
    const { root, machine } = this.#options;
    const resolvedRoot = await Deno.realPath(root).catch((error) => {
      throw errnoCode(error) === undefined ? error : new UncertainError(`projects.root, ${root}, cannot be read`);
    });
    const resolved = await Promise.all(environments.map(async (environment) => {
      const { directory } = environment;
      return { ...environment, directory: directory === undefined ? undefined : await resolve(directory) };
    }));
    const { directories, environments: served } = await this.#live(resolvedRoot);
    const places = await Promise.all(directories.map(resolve));
    return planReaping(resolved, { directories: places, environments: served }, { root: resolvedRoot, machine });
  }

  /** What the hub knows, and what the agent CLI says itself: either may know of more. */
  async #live(root: string): Promise<{ readonly directories: string[]; readonly environments: Set<string> }> {
    const { hub } = this.#options;
    const { daemon, uptime_seconds } = await hub.call("hub.status", {});
    if (!daemon.running) throw new UncertainError("no daemon is running: start one with claustrum serve");
    if (uptime_seconds < SETTLED_SECONDS) {
      throw new UncertainError(`the hub has just started: try again in ${SETTLED_SECONDS} seconds`);
    }
    await this.#checkRoot();
    const live = (await hub.call("instances.list", {})).filter(mayBeLive);
    const agents = await this.#agents(daemon.socket, live.flatMap(({ pid }) => pid ?? []));
    return {
      directories: [...agents.map(({ directory }) => directory), ...live.map(({ project }) => `${root}/${project}`)],
      environments: new Set(live.flatMap(({ environment_id }) => environment_id ?? [])),
    };
  }

  /**
   * Returns the agents that run.
   *
   * @param instances The processes of instances.
   */
  async #agents(socket: string, instances: readonly number[]): Promise<readonly RunningAgent[]> {
    const processes = await this.#options.listProcesses(socket);
    const output = await this.#options.listAgents(socket);
    const agents = output === undefined ? undefined : parseAgents(output);
    if (agents === undefined) {
      throw new UncertainError("the agent CLI does not list its sessions: claude agents --json");
    }
    if (processes === undefined) throw new UncertainError("ps does not list the processes");
    const known = new Set([...instances, ...agents.map(({ pid }) => pid)]);
    const [pid] = unknownServers(processes, known);
    if (pid === undefined) return agents;
    throw new UncertainError(`process ${pid} seems to serve remote control, and neither the hub nor claude lists it`);
  }

  /** The hub's instances are of its own projects. */
  async #checkRoot(): Promise<void> {
    const { values } = await this.#options.hub.call("config.get", {});
    const { value } = values.find(({ key }) => key === "projects.root") ?? {};
    if (typeof value === "string" && cleanPath(value) === cleanPath(this.#options.root)) return;
    throw new UncertainError(`the hub runs with another projects.root, ${value ?? "none"}: start it again`);
  }
}

/** The path without symlinks; of a directory that is gone, the path as it was. */
async function resolve(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (isMissing(error)) return cleanPath(path);
    throw error;
  }
}
