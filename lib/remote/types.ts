/**
 * What remote control looks like from outside: the objects that operations return and notices carry.
 *
 * @module
 */

/** What a remote-control server is doing. */
export type InstanceStatus = "starting" | "running" | "stopped" | "crashed" | "error";

/** How the agent CLI is started: its server, or its terminal program in tmux. */
export type InstanceMode = "standard" | "pty";

/** Where a server starts sessions. */
export type SpawnMode = "same-dir" | "worktree" | "session";

/** A remote-control server that we have started, or have found. */
export interface Instance {
  /** The id. */
  readonly id: string;
  /** The project that it serves. */
  readonly project: string;
  /** The name that people see at the other end. */
  readonly name: string;
  /** What it is doing. */
  readonly status: InstanceStatus;
  /** How it was started. */
  readonly mode: InstanceMode;
  /** Where it starts sessions; `null` in a terminal. */
  readonly spawn_mode: SpawnMode | null;
  /** What its agents may do. */
  readonly permission_mode: string;
  /** The link to its environment; `null` before it is known. */
  readonly url: string | null;
  /** The link to its session; `null` before it is known, or if it has none. */
  readonly session_url: string | null;
  /** The id of its environment; `null` before it is known. */
  readonly environment_id: string | null;
  /** The process id; `null` if it does not run. */
  readonly pid: number | null;
  /** When it was started last. */
  readonly started_at: string;
  /** When it ended; absent while it runs. */
  readonly ended_at?: string;
  /** Whether somebody has stopped it. */
  readonly intentional_stop: boolean;
  /** What is wrong, in a sentence, with the end of its error output, masked; `null` if nothing is. */
  readonly error_detail: string | null;
  /** How often it was started again by itself. */
  readonly restarts: number;
  /** Whether it counts as ready only because it has lived for a while, and told nothing. */
  readonly unconfirmed?: true;
}

/** Parameters of `instances.start`. */
export interface StartInstanceParams {
  /** The project. */
  readonly project: string;
  /** The name that people see. @default {the project's name} */
  readonly name?: string | undefined;
  /** How it is started. @default {the configuration's `remote.mode`} */
  readonly mode?: InstanceMode | undefined;
  /** Where it starts sessions. @default {"same-dir"} */
  readonly spawn_mode?: SpawnMode | undefined;
  /** What its agents may do. @default {"default"} */
  readonly permission_mode?: string | undefined;
  /** The project's name, typed, where permissions are bypassed. */
  readonly confirm?: string | undefined;
}

/** What `instances.start` returns. */
export interface StartedInstance extends Instance {
  /** False if the project has one already, which is returned. */
  readonly created: boolean;
}

/** A session of the agent CLI that runs outside of this hub. */
export interface ExternalSession {
  /** The process id. */
  readonly pid: number;
  /** The project in whose directory it runs; `null` if it is elsewhere. */
  readonly project: string | null;
  /** The directory. */
  readonly path: string;
  /** The id of its conversation; absent if the CLI does not say. */
  readonly session_id?: string;
  /** What the CLI calls it; absent if it does not say. */
  readonly name?: string;
  /** What it does, in the CLI's words; absent if it does not say. */
  readonly status?: string;
  /** When it was started; absent if the CLI does not say. */
  readonly started_at?: string;
}

/** What `instance.log` returns. */
export interface InstanceLog {
  /** Whole lines, masked, without escapes. */
  readonly text: string;
  /** Where the text begins, in bytes of the masked log; older lines may be gone. */
  readonly offset: number;
  /** Where it ends: what follows it begins there. */
  readonly end: number;
}

/** What the processes of an instance or a session use. */
export interface ProcessMetrics {
  /** What they belong to. */
  readonly kind: "session" | "instance";
  /** The id of the session or instance. */
  readonly id: string;
  /** How many processes there are. */
  readonly processes: number;
  /** How much of a core they use, in percent. */
  readonly cpu_percent: number;
  /** The memory that they occupy, in bytes. */
  readonly resident_bytes: number;
  /** What they read from disks, in bytes a second; absent where the system does not tell. */
  readonly read_bytes_per_second?: number;
  /** What they write to disks, in bytes a second; absent where the system does not tell. */
  readonly written_bytes_per_second?: number;
}

/** What all of them use at a time. */
export interface MetricsSample {
  /** When. */
  readonly at: string;
  /** What each one uses. */
  readonly items: readonly ProcessMetrics[];
}

/** How busy a machine is. */
export interface MachineLoad {
  /** How many processors it has. */
  readonly cpus: number;
  /** How much of all of them is in use, in percent. */
  readonly cpu_percent: number;
  /** How many programs wanted to run, on average over 1, 5 and 15 minutes. */
  readonly load_average: readonly [number, number, number];
  /** Its memory, in bytes. */
  readonly memory_bytes: number;
  /** What of the memory is in use, in bytes; what could be freed at once is not. */
  readonly memory_used_bytes: number;
}

/** What is told of remote control as it happens. */
export type RemoteNotice =
  | { readonly topic: "instances"; readonly instance: Instance }
  | { readonly topic: "instances"; readonly removed: string }
  | { readonly topic: "external"; readonly external: readonly ExternalSession[] }
  | { readonly topic: "metrics"; readonly sample: MetricsSample }
  /** Lines of a log; the topic ends with the instance's id. Who misses some sees it by the offset, and asks for them. */
  | { readonly topic: `log:${string}`; readonly log: InstanceLog };
