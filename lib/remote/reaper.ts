/**
 * Decides which environments on the vendor's server nobody here serves any more. It only decides, and in doubt for keeping
 * one.
 *
 * @module
 */

import { isJsonObject, tryParseJson } from "../system/json_object.ts";
import type { Instance } from "./types.ts";

/** An environment on the server. */
export interface ServerEnvironment {
  /** The id. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Its kind: `bridge` where a machine of somebody's own serves it. */
  readonly kind: string;
  /** The directory that it serves there; `undefined` if the server does not say. */
  readonly directory: string | undefined;
  /** The name of the machine; `undefined` if the server does not say. */
  readonly machine: string | undefined;
}

/** What is in use here. */
export interface LivePlaces {
  /** The directories in which an agent CLI runs, absolute and without symlinks. */
  readonly directories: readonly string[];
  /** The environments that instances serve. */
  readonly environments: ReadonlySet<string>;
}

/** What belongs to this machine. */
export interface ReapScope {
  /** The root of the projects, absolute and without symlinks. */
  readonly root: string;
  /** The name of this machine. */
  readonly machine: string;
}

/** What is to be done. */
export interface ReapPlan {
  /** The environments that nobody here serves. */
  readonly stale: readonly ServerEnvironment[];
  /** The others, and why they are kept. */
  readonly kept: readonly { readonly environment: ServerEnvironment; readonly reason: string }[];
}

/** The kind of environments that a machine of somebody's own serves. */
const OWN_KIND = "bridge";
const ENVIRONMENT_ID = /^env_[A-Za-z0-9_-]{1,128}$/;

/**
 * Decides which environments are to go.
 *
 * @param environments The environments, with directories without symlinks.
 */
export function planReaping(
  environments: readonly ServerEnvironment[],
  live: LivePlaces,
  scope: ReapScope,
): ReapPlan {
  const judged = environments.map((environment) => ({ environment, reason: reasonToKeep(environment, live, scope) }));
  return {
    stale: judged.filter(({ reason }) => reason === undefined).map(({ environment }) => environment),
    kept: judged.flatMap(({ environment, reason }) => reason === undefined ? [] : [{ environment, reason }]),
  };
}

function reasonToKeep(
  { id, kind, directory, machine }: ServerEnvironment,
  live: LivePlaces,
  scope: ReapScope,
): string | undefined {
  if (kind !== OWN_KIND) return "it is not one of a machine of your own";
  if (directory === undefined) return "the server does not say which directory it serves";
  if (machine !== undefined && machine !== scope.machine) return `it is one of the machine ${machine}`;
  if (!directory.startsWith(withSlash(scope.root))) return "its directory is not below projects.root";
  if (live.environments.has(id)) return "an instance serves it";
  const used = live.directories.find((each) => each === directory || each.startsWith(withSlash(directory)));
  return used === undefined ? undefined : `an agent runs in ${used}`;
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

/**
 * Reads an environment of the server's list.
 *
 * @returns `undefined` if it is not as expected; such a one is never touched.
 */
export function parseEnvironment(value: unknown): ServerEnvironment | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id, name, config } = value;
  if (typeof id !== "string" || !ENVIRONMENT_ID.test(id) || !isJsonObject(config)) return undefined;
  const { type, directory, machine_name: machine } = config;
  if (typeof type !== "string") return undefined;
  return {
    id,
    name: textOr(name, ""),
    kind: type,
    directory: typeof directory === "string" && directory.startsWith("/") ? directory : undefined,
    machine: typeof machine === "string" && machine !== "" ? machine : undefined,
  };
}

/** An agent CLI that runs, as it says itself. */
export interface RunningAgent {
  /** The process id. */
  readonly pid: number;
  /** The directory. */
  readonly directory: string;
}

/**
 * Returns what the output of `claude agents --json` lists.
 *
 * @returns `undefined` if something is missing: then it is not certain where agents run.
 */
export function parseAgents(output: string): readonly RunningAgent[] | undefined {
  const list = tryParseJson(output);
  if (!Array.isArray(list)) return undefined;
  const agents: RunningAgent[] = [];
  for (const item of list) {
    const { pid, cwd } = isJsonObject(item) ? item : {};
    if (typeof pid !== "number" || typeof cwd !== "string") return undefined;
    agents.push({ pid, directory: cwd });
  }
  return agents;
}

/** How the command of a process looks that serves remote control. */
const SERVER = /\s(?:--)?remote-control(?:[=\s]|$)/;
/** The server of tmux shows the command of its first session as its own. */
const TMUX = /^(?:\S*\/)?tmux(?::|\s|$)/;

/**
 * Returns the processes that seem to serve remote control and that nobody knows: where they do is then not known either.
 *
 * @param output The output of `ps -U USER -o pid=,ppid=,args=`.
 * @param known The processes of instances and agents; what they have started is known, too.
 */
export function unknownServers(output: string, known: ReadonlySet<number>): readonly number[] {
  const processes = output.split("\n").flatMap((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const servers = processes.filter(({ command }) => SERVER.test(command) && !TMUX.test(command));
  return servers.map(({ pid }) => pid).filter((pid) => !descendsFrom(pid, known, parents));
}

function descendsFrom(pid: number, known: ReadonlySet<number>, parents: ReadonlyMap<number, number>): boolean {
  const seen = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && !seen.has(at); at = parents.get(at)) {
    if (known.has(at)) return true;
    seen.add(at);
  }
  return false;
}

/** Whether something of an instance may still run. */
export function mayBeLive({ status, pid }: Pick<Instance, "status" | "pid">): boolean {
  return pid !== null || status === "starting" || status === "running";
}

/** Returns an id as it may be shown: environments are reached by their id alone, so that it is like a password. */
export function maskedEnvironment(id: string): string {
  return `${id.slice(0, 10)}…`;
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}
