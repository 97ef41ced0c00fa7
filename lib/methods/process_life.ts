/**
 * The `process` methods beyond the contract: what there is, and the life of a process (contract: Extensions).
 *
 * @module
 */

import type { Method } from "../rpc/dispatch.ts";
import type { Result } from "../rpc/method_types.ts";
import { INTERNAL_ERROR, invalidParams, RpcError } from "../rpc/errors.ts";
import { lookUpCommand } from "../process/command_lookup.ts";
import type { SpawnSpec } from "../process/spawn_child.ts";
import { SpawnError } from "../process/spawn_error.ts";
import { formatRestartPolicy } from "../process/restart_policy.ts";
import { ProcessEndedError } from "../process/restarter.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import type { ClientContext, DaemonContext, PredecessorProcess } from "./context.ts";
import { method, withinShare } from "./define.ts";
import { DEFAULT_GRACE_MS, identity, processMethod } from "./process_method.ts";
import { openLog, removeLog, startWithLog } from "./process_log.ts";
import { toRpcError } from "./rpc_failure.ts";
import { isPermissionMissing } from "../system/permissions.ts";

/** About how much memory the entry of a process takes in a list in addition to its texts, in bytes. */
const LISTED_BYTES = 512;

/** These methods. */
export function lifeMethods(daemon: DaemonContext): Method<ClientContext>[] {
  return [
    listMethod(daemon),
    forgetMethod(daemon),
    restartMethod(daemon),
    renameMethod(daemon),
    inspectMethod(daemon),
  ];
}

function listMethod(daemon: DaemonContext): Method<ClientContext> {
  const { supervisor } = daemon;
  return method("process.list", (params, client) =>
    withinShare<Result<"process.list">>(client, (share) => {
      const list = (retired: readonly PredecessorProcess[]) => {
        const own = supervisor.list().map((process) => describe(process, params.exitDetail));
        return { value: { processes: [...retired, ...own] }, size: listSize(own, retired) };
      };
      const listAll = () => daemon.predecessors?.list(params).then(list) ?? list([]);
      return share.take(listSize(supervisor.list(), []))?.then(listAll) ?? listAll();
    }));
}

function forgetMethod(daemon: DaemonContext): Method<ClientContext> {
  const { supervisor } = daemon;
  return processMethod(daemon, "process.forget", ({ id, log }) => () => {
    const isKnown = supervisor.get(id) !== undefined;
    if (!isKnown && !log) throw invalidParams("Process not found");
    if (isKnown && !supervisor.forget(id)) throw invalidParams("Process is running");
    if (!log) return { success: true };
    return removeLog(daemon, id).then((wasThere) => {
      if (!isKnown && !wasThere) throw invalidParams("Process not found");
      return { success: true };
    });
  });
}

function restartMethod(daemon: DaemonContext): Method<ClientContext> {
  const { supervisor } = daemon;
  return processMethod(daemon, "process.restart", ({ id, timeoutMs }) => async () => {
    const process = supervisor.get(id);
    if (process === undefined) throw invalidParams("Process not found");
    if (daemon.isStopping) throw new RpcError(INTERNAL_ERROR, "the daemon is stopping");
    // The next daemon knows of no process that is started here now.
    if (daemon.isRetiring && !process.isRunning) throw invalidParams("Process not running");
    const graceMs = timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : DEFAULT_GRACE_MS;
    const log = process.isRunning || process.log === undefined
      ? undefined
      : await openLog(daemon, process.id, { file: process.log.file, isOptional: true }, true);
    try {
      const restarted = await startWithLog(log, (log) => supervisor.restart(id, graceMs, log));
      return { success: true, ...identity(restarted) };
    } catch (error) {
      if (error instanceof ProcessEndedError) throw invalidParams("Process not running");
      throw toRpcError(error, SpawnError);
    }
  });
}

function renameMethod(daemon: DaemonContext): Method<ClientContext> {
  const { supervisor } = daemon;
  return processMethod(daemon, "process.rename", ({ id, to }) => {
    if (to === "") throw invalidParams("Process ID is required");
    if (id !== to && (supervisor.has(to) || daemon.predecessors?.has(to))) throw idInUse();
    return () => {
      if (!supervisor.has(id)) throw invalidParams("Process not found");
      supervisor.rename(id, to);
      return { success: true };
    };
  });
}

function inspectMethod(daemon: DaemonContext): Method<ClientContext> {
  return processMethod(daemon, "process.inspect", ({ id, env }) => () => {
    const process = daemon.supervisor.get(id);
    if (process === undefined) throw invalidParams("Process not found");
    const { spec } = process;
    const file = fileOf(spec);
    return {
      ...describe(process, false),
      ...(env ? { env: { ...spec.env } } : {}),
      ...(spec.cleanEnv ? { cleanEnv: true } : {}),
      ...(file === undefined ? {} : { file }),
    };
  });
}

/** Returns the file of a command, as it would be found now; `undefined` if it is not there any more. */
function fileOf({ command, cwd = "" }: SpawnSpec): string | undefined {
  try {
    return lookUpCommand(command, { path: Deno.env.get("PATH") ?? "", cwd }).file;
  } catch (error) {
    if (error instanceof SpawnError || isPermissionMissing(error)) return undefined;
    throw error;
  }
}

/** The error for an id that another process has. */
export function idInUse(): RpcError {
  return invalidParams("Process ID is in use");
}

function describe(process: ManagedProcess, withDetail: boolean): Result<"process.list">["processes"][number] {
  const { id, spec, pid, startTime, outcome: exit, replay, stdin } = process;
  return {
    id,
    command: spec.command,
    args: [...spec.args ?? []],
    cwd: spec.cwd ?? "",
    pid,
    startTime,
    running: process.isRunning,
    ...(exit === undefined ? {} : { exitCode: exit.code }),
    ...(exit?.signal === undefined ? {} : { signal: exit.signal }),
    firstSeq: replay.firstSeq,
    lastSeq: replay.lastSeq,
    stdinApplied: stdin.applied,
    bufferedBytes: replay.bytes,
    attached: process.isAttached,
    ...(withDetail && spec.exitDetail === true ? { exitDetail: true } : {}),
    ...describeRestarts(process),
    ...(Object.keys(spec.labels ?? {}).length === 0 ? {} : { labels: { ...spec.labels } }),
    ...(process.log === undefined ? {} : { log: process.log.file, logRun: process.log.run }),
  };
}

function describeRestarts(
  { spec, restarts, restartAt }: ManagedProcess,
): Pick<PredecessorProcess, "restart" | "restarts" | "restartAt"> {
  if (spec.restart === undefined && restarts === 0) return {};
  return {
    ...(spec.restart === undefined ? {} : { restart: formatRestartPolicy(spec.restart) }),
    restarts,
    ...(restartAt === undefined ? {} : { restartAt: restartAt / 1000 }),
  };
}

/** Estimates the memory that a list takes, in bytes; the texts of this daemon's own processes are in memory anyway. */
function listSize(own: readonly unknown[], retired: readonly PredecessorProcess[]): number {
  const texts = retired.flatMap(({ id, command, args, cwd }) => [id, command, cwd, ...args]);
  return (own.length + retired.length) * LISTED_BYTES + texts.reduce((size, text) => size + text.length, 0);
}
