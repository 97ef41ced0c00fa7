/**
 * The supervisor starts processes, buffers their output for clients that connect late or reconnect, writes to their
 * stdin, and ends them. It depends on no socket and no wire format and can be used alone. It needs the permissions
 * `read`, `run` and `env`.
 *
 * @example Follow a process from its first byte
 * ```ts
 * import { ReplaySupervisor } from "./mod.ts";
 *
 * await using supervisor = new ReplaySupervisor();
 * supervisor.spawn({ id: "greeter", command: "echo", args: ["hello"] });
 * for await (const frame of supervisor.frames("greeter")) {
 *   if (frame.stream === "exit") console.log("exit code", frame.exit.code);
 *   else console.log(frame.stream, new TextDecoder().decode(frame.data));
 * }
 * ```
 *
 * @module
 */

export { ReplaySupervisor } from "./supervisor.ts";
export type { ReplaySupervisorOptions, SupervisorEvents } from "./supervisor_options.ts";
export {
  type KillOutcome,
  ManagedProcess,
  type ManagedProcessOptions,
  type ProcessEvents,
  type ProcessPast,
} from "./managed_process.ts";
export {
  type DataFrame,
  decodeRawFrames,
  type ExitFrame,
  type Frame,
  type FrameEncoder,
  type KillReason,
  type ProcessExit,
  rawFrameCodec,
  type StreamName,
} from "./frame_codec.ts";
export { type LogPlace, type OutputLog } from "./output_log.ts";
export { type GroupLeader, type PipedChild, type SpawnSpec } from "./spawn_child.ts";
export { type FollowOptions } from "./receivers.ts";
export { formatRestartPolicy, parseRestartPolicy, type RestartPolicy } from "./restart_policy.ts";
export { ProcessEndedError } from "./restarter.ts";
export { SpawnError } from "./spawn_error.ts";
export { ReplayBuffer, type ReplayCursor, type ReplaySlice } from "./replay_buffer.ts";
export { type StdinOutcome, StdinQueue, type StdinQueueOptions, type StdinWriteOptions } from "./stdin_queue.ts";
export { type DetachReason, Subscription, type SubscriptionOptions } from "./subscription.ts";
export { type Clock, systemClock } from "../system/clock.ts";
export { ClaustrumError } from "../system/claustrum_error.ts";
