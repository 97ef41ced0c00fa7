/**
 * The schemas of remote control.
 *
 * @module
 */

import * as v from "valibot";
import type {
  ExternalSession,
  Instance,
  InstanceLog,
  MachineLoad,
  MetricsSample,
  RemoteNotice,
  StartedInstance,
} from "../remote/types.ts";
import { count, type Schema } from "./schemas.ts";

/** How the agent CLI is started. */
export const instanceMode = v.picklist(["standard", "pty"]);
/** Where a server starts sessions. */
export const spawnMode = v.picklist(["same-dir", "worktree", "session"]);

const instanceFields = {
  id: v.string(),
  project: v.string(),
  name: v.string(),
  status: v.picklist(["starting", "running", "stopped", "crashed", "error"]),
  mode: instanceMode,
  spawn_mode: v.nullable(spawnMode),
  permission_mode: v.string(),
  url: v.nullable(v.string()),
  session_url: v.nullable(v.string()),
  environment_id: v.nullable(v.string()),
  pid: v.nullable(count),
  started_at: v.string(),
  ended_at: v.exactOptional(v.string()),
  intentional_stop: v.boolean(),
  error_detail: v.nullable(v.string()),
  restarts: count,
  unconfirmed: v.exactOptional(v.literal(true)),
};

/** A remote-control server. */
export const instance: Schema<Instance> = v.object(instanceFields);
/** A remote-control server that was started, or was there. */
export const startedInstance: Schema<StartedInstance> = v.object({ ...instanceFields, created: v.boolean() });

/** A session that runs outside of the hub. */
export const externalSession: Schema<ExternalSession> = v.object({
  pid: count,
  project: v.nullable(v.string()),
  path: v.string(),
  session_id: v.exactOptional(v.string()),
  name: v.exactOptional(v.string()),
  status: v.exactOptional(v.string()),
  started_at: v.exactOptional(v.string()),
});

/** A part of a log. */
export const instanceLog: Schema<InstanceLog> = v.object({ text: v.string(), offset: count, end: count });

/** What all processes use at a time. */
export const metricsSample: Schema<MetricsSample> = v.object({
  at: v.string(),
  items: v.array(v.object({
    kind: v.picklist(["session", "instance"]),
    id: v.string(),
    processes: count,
    cpu_percent: v.number(),
    resident_bytes: count,
    read_bytes_per_second: v.exactOptional(v.number()),
    written_bytes_per_second: v.exactOptional(v.number()),
  })),
});

/** How busy a machine is. */
export const machineLoad: Schema<MachineLoad> = v.object({
  cpus: count,
  cpu_percent: v.number(),
  load_average: v.tuple([v.number(), v.number(), v.number()]),
  memory_bytes: count,
  memory_used_bytes: count,
});

const topic = <T extends string>(name: T) => ({ type: v.literal("notice"), topic: v.literal(name) });
const logTopic = v.custom<`log:${string}`>((value) => typeof value === "string" && value.startsWith("log:"));

/** What is told of remote control as it happens. */
export const remoteNotice: Schema<{ readonly type: "notice" } & RemoteNotice> = v.union([
  v.object({ ...topic("instances"), instance }),
  v.object({ ...topic("instances"), removed: v.string() }),
  v.object({ ...topic("external"), external: v.array(externalSession) }),
  v.object({ ...topic("metrics"), sample: metricsSample }),
  v.object({ type: v.literal("notice"), topic: logTopic, log: instanceLog }),
]);
