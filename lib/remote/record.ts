/**
 * What the hub keeps of an instance, and what it shows of it.
 *
 * @module
 */

import type { Instance, InstanceMode, InstanceStatus, SpawnMode } from "./types.ts";

/** An instance as it is kept. */
export interface InstanceRecord {
  /** The id. */
  readonly id: string;
  /** The project. */
  readonly project: string;
  /** The directory of the project. */
  readonly path: string;
  /** The name that people see. */
  readonly name: string;
  /** How it is started. */
  readonly mode: InstanceMode;
  /** Where it starts sessions; `null` in a terminal. */
  readonly spawnMode: SpawnMode | null;
  /** What agents may do. */
  readonly permissionMode: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** What it is doing. */
  readonly status: InstanceStatus;
  /** How often it was started: part of the id of its process. */
  readonly launch: number;
  /** The process id; `null` if it does not run. */
  readonly pid: number | null;
  /** When the process was started, as the system has it; `null` if that is not known. */
  readonly procStart: string | null;
  /** Whether we know only the process, and did not start it, or lost what started it. */
  readonly isAdopted: boolean;
  /** When it was started last, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** When it ended; `null` while it runs. */
  readonly endedAt: number | null;
  /** Whether somebody has stopped it. */
  readonly intentionalStop: boolean;
  /** Whether it has said that it asks for work. */
  readonly hasPollLoop: boolean;
  /** The id of its environment. */
  readonly environmentId: string | null;
  /** The id of its session. */
  readonly sessionId: string | null;
  /** Why it cannot work, as it has said. */
  readonly failure: string | null;
  /** Whether it has said that it shuts down. */
  readonly hasShutDown: boolean;
  /** What is wrong. */
  readonly errorDetail: string | null;
  /** Whether it counts as ready only because it lives. */
  readonly isUnconfirmed: boolean;
  /** How often it was started again by itself. */
  readonly restarts: number;
  /** When that was, in the last hour, in milliseconds since the epoch. */
  readonly restartedAt: readonly number[];
  /** The number of the last frame of its output that is in the log. */
  readonly frame: number;
  /** How much of the debug file is in the log, in bytes. */
  readonly debugOffset: number;
}

/** What decides how a new instance is started. */
export type NewInstance = Pick<
  InstanceRecord,
  "id" | "project" | "path" | "name" | "mode" | "spawnMode" | "permissionMode"
>;

/** Returns the record of an instance that has never run. */
export function newRecord(given: NewInstance, now: number): InstanceRecord {
  return { ...given, createdAt: now, restarts: 0, restartedAt: [], launch: 0, ...beforeLaunch(now) };
}

/** What is known of an instance that is about to be started. */
export function beforeLaunch(now: number): Omit<
  InstanceRecord,
  keyof NewInstance | "createdAt" | "restarts" | "restartedAt" | "launch"
> {
  return {
    status: "starting",
    pid: null,
    procStart: null,
    isAdopted: false,
    startedAt: now,
    endedAt: null,
    intentionalStop: false,
    hasPollLoop: false,
    environmentId: null,
    sessionId: null,
    failure: null,
    hasShutDown: false,
    errorDetail: null,
    isUnconfirmed: false,
    frame: 0,
    debugOffset: 0,
  };
}

/** Whether the program of an instance runs, or is about to. */
export function isLive({ endedAt }: Pick<InstanceRecord, "endedAt">): boolean {
  return endedAt === null;
}

/** The id of an instance's process in the daemon. */
export function processId({ id, launch }: Pick<InstanceRecord, "id" | "launch">): string {
  return `${PROCESS_PREFIX}${id}/${launch}`;
}

/** How the ids of the processes of all instances begin. */
export const PROCESS_PREFIX = "remote/";

/** The link to a session. */
export function sessionLink(id: string): string {
  return `https://claude.ai/code/${id}?from=cli`;
}

/** The link to an environment. */
export function environmentLink(id: string): string {
  return `https://claude.ai/code?environment=${id}`;
}

/** Returns an instance as it is shown. */
export function toInstance(record: InstanceRecord): Instance {
  const { environmentId, sessionId, endedAt } = record;
  return {
    id: record.id,
    project: record.project,
    name: record.name,
    status: record.status,
    mode: record.mode,
    spawn_mode: record.spawnMode,
    permission_mode: record.permissionMode,
    url: environmentId === null ? null : environmentLink(environmentId),
    session_url: sessionId === null ? null : sessionLink(sessionId),
    environment_id: environmentId,
    pid: record.pid,
    started_at: new Date(record.startedAt).toISOString(),
    ...(endedAt === null ? {} : { ended_at: new Date(endedAt).toISOString() }),
    intentional_stop: record.intentionalStop,
    error_detail: record.errorDetail,
    restarts: record.restarts,
    ...(record.isUnconfirmed ? { unconfirmed: true } : {}),
  };
}
