/**
 * The `process` methods (contract: Process methods).
 *
 * @module
 */

import { decodeBase64 } from "../rpc/base64.ts";
import type { EncodedResult, Method } from "../rpc/dispatch.ts";
import type { Result } from "../rpc/method_types.ts";
import type { Schema } from "../rpc/protocol.ts";
import type { Decoded } from "../rpc/struct.ts";
import { INTERNAL_ERROR, invalidParams, RpcError, STDIN_GAP } from "../rpc/errors.ts";
import { SpawnError } from "../process/spawn_error.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import { signalByName } from "../process/signals.ts";
import type { StdinOutcome } from "../process/stdin_queue.ts";
import type { ClientContext, DaemonContext, PredecessorProcess } from "./context.ts";
import { type Encodable, method, withinShare } from "./define.ts";
import { toRpcError } from "./rpc_failure.ts";
import { expandTilde } from "../system/path_text.ts";

/** How long a process may take to obey a signal before SIGKILL, in milliseconds, unless the client sets a time. */
const DEFAULT_GRACE_MS = 3_000;
/** About how much memory the entry of a process takes in a list in addition to its texts, in bytes. */
const LISTED_BYTES = 512;

/** The result of `process.reattach` for an unknown process. */
const NOT_FOUND = { found: false, running: false, firstSeq: 0, lastSeq: 0, stdinApplied: 0 } as const;

/** The `process` methods. */
export function processMethods(daemon: DaemonContext): Method<ClientContext>[] {
  return [
    spawnMethod(daemon),
    stdinMethod(daemon),
    killMethod(daemon),
    killAndWaitMethod(daemon),
    reattachMethod(daemon),
    listMethod(daemon),
    closeStdinMethod(daemon),
    forgetMethod(daemon),
  ];
}

/** The methods that act on one process, which may be in a retired daemon. */
type ProcessMethodName =
  | "process.stdin"
  | "process.kill"
  | "process.killAndWait"
  | "process.reattach"
  | "process.closeStdin"
  | "process.forget";

/**
 * Declares a method that acts on one process. A process of a retired daemon is acted upon by that daemon.
 *
 * @param check Checks the params as soon as the request arrives, and returns the action. The action takes place in the
 * order of the client's requests for the process.
 */
function processMethod<N extends ProcessMethodName>(
  daemon: DaemonContext,
  name: N,
  check: (
    params: Decoded<Schema<N>>,
    client: ClientContext,
  ) => () => Encodable<Result<N>> | Promise<Encodable<Result<N>>>,
): Method<ClientContext> {
  return method(name, (params, client) => {
    const act = check(params, client);
    const target = params as typeof params & { readonly id: string };
    return inOrder<Encodable<Result<N>> | EncodedResult>(client, target.id, () => {
      const { predecessors } = daemon;
      if (predecessors === undefined || !predecessors.owns(target.id)) return act();
      return predecessors.forward(name, target, client).then((result) => result ?? act());
    });
  });
}

function spawnMethod(daemon: DaemonContext): Method<ClientContext> {
  return method("process.spawn", ({ wantPid, notice, ...spec }, client) => {
    requireId(spec.id);
    if (spec.command === "") throw invalidParams("Command is required");
    const start = (environment: Readonly<Record<string, string>>) => {
      const process = startProcess(daemon, spec, environment, client);
      client.follow(process, { notice });
      return wantPid ? { success: true, ...identity(process) } : { success: true };
    };
    const environment = daemon.childEnvironment();
    if (!(environment instanceof Promise)) return inOrder(client, spec.id, () => start(environment));
    const started = inOrder(client, spec.id, () => environment.then(start));
    return startingAs(client, spec.id, Promise.resolve(started));
  });
}

function startProcess(
  daemon: DaemonContext,
  spec: Omit<Decoded<Schema<"process.spawn">>, "wantPid" | "notice">,
  environment: Readonly<Record<string, string>>,
  client: ClientContext,
): ManagedProcess {
  if (daemon.isRetiring) disconnectRetiring(client);
  if (daemon.isStopping) throw new RpcError(INTERNAL_ERROR, "the daemon is stopping");
  try {
    const cwd = expandTilde(spec.cwd, daemon.home);
    const process = daemon.supervisor.spawn({ ...spec, cwd, env: mergeEnvironments(environment, spec.env) });
    daemon.predecessors?.discard(spec.id);
    return process;
  } catch (error) {
    throw toRpcError(error, SpawnError);
  }
}

function stdinMethod(daemon: DaemonContext): Method<ClientContext> {
  const { supervisor, counters } = daemon;
  const toResult = (outcome: StdinOutcome) => {
    if (outcome.kind === "accepted") counters.stdinBytes += outcome.fresh;
    return stdinResult(outcome);
  };
  return processMethod(daemon, "process.stdin", ({ id, data, offset, exact: isExact }, { signal }) => {
    const bytes = decodeData(data);
    return () => {
      const outcome = runningProcess(supervisor, id).stdin.write(bytes, { offset, isExact, signal });
      return outcome instanceof Promise ? outcome.then(toResult) : toResult(outcome);
    };
  });
}

function closeStdinMethod(daemon: DaemonContext): Method<ClientContext> {
  return processMethod(daemon, "process.closeStdin", ({ id }) => () => {
    runningProcess(daemon.supervisor, id).stdin.closeWhenWritten();
    return { success: true };
  });
}

function killMethod(daemon: DaemonContext): Method<ClientContext> {
  return processMethod(daemon, "process.kill", ({ id, signal: name, group }) => () => {
    const signal = signalByName(name);
    const process = daemon.supervisor.get(id);
    if (group) process?.signalGroup(signal);
    else process?.signal(signal);
    return { success: true };
  });
}

function killAndWaitMethod(daemon: DaemonContext): Method<ClientContext> {
  return processMethod(daemon, "process.killAndWait", ({ id, signal, timeoutMs, escalate, group }) => {
    requireId(id);
    return () => {
      const process = daemon.supervisor.get(id);
      if (process === undefined) return { found: false, died: false };
      if (!process.isRunning) return { found: true, died: true, alreadyExited: true };
      const graceMs = timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : DEFAULT_GRACE_MS;
      return process.killAndWait(signalByName(signal), graceMs, escalate ?? true, group)
        .then(({ died, escalated }) => escalated ? { found: true, died, escalated } : { found: true, died });
    };
  });
}

function reattachMethod(daemon: DaemonContext): Method<ClientContext> {
  const { supervisor, counters } = daemon;
  return processMethod(daemon, "process.reattach", (params, client) => {
    const { id, fromSeq, wantPid, observe, notice, pid } = params;
    requireId(id);
    return () => {
      const process = supervisor.get(id);
      const isWanted = pid === undefined || process?.pid === pid;
      if (process === undefined || !isWanted) return NOT_FOUND;
      counters.reattaches++;
      const result = {
        found: true,
        running: process.isRunning,
        firstSeq: process.replay.firstSeq,
        lastSeq: process.replay.lastSeq,
        stdinApplied: process.stdin.applied,
        ...(wantPid ? identity(process) : {}),
      };
      return client.follow(process, { fromSeq, observe, notice }).caughtUp.then(() => result);
    };
  });
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
  return processMethod(daemon, "process.forget", ({ id }) => () => {
    if (supervisor.get(id) === undefined) throw invalidParams("Process not found");
    if (!supervisor.forget(id)) throw invalidParams("Process is running");
    return { success: true };
  });
}

function runningProcess(supervisor: ReplaySupervisor, id: string): ManagedProcess {
  const process = supervisor.get(id);
  if (process === undefined) throw invalidParams("Process not found");
  if (!process.isRunning) throw invalidParams("Process not running");
  return process;
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
  };
}

/** Makes a client ask the next daemon: that daemon would not know of a process that is started here now. */
function disconnectRetiring(client: ClientContext): never {
  client.hangUp();
  throw new RpcError(INTERNAL_ERROR, "the daemon hands over");
}

/** Estimates the memory that a list takes, in bytes; the texts of this daemon's own processes are in memory anyway. */
function listSize(own: readonly unknown[], retired: readonly PredecessorProcess[]): number {
  const texts = retired.flatMap(({ id, command, args, cwd }) => [id, command, cwd, ...args]);
  return (own.length + retired.length) * LISTED_BYTES + texts.reduce((size, text) => size + text.length, 0);
}

function requireId(id: string): void {
  if (id === "") throw invalidParams("Process ID is required");
}

function identity({ pid, startTime }: ManagedProcess): { pid: number; startTime: number } {
  return { pid, startTime };
}

/** Merges variables; the client's own win. The result has no prototype, so that every name is an ordinary key. */
function mergeEnvironments(
  inherited: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.assign(Object.create(null), inherited, own);
}

function decodeData(data: string): Uint8Array {
  try {
    return decodeBase64(data);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidParams("Invalid base64 data");
    throw error;
  }
}

function stdinResult(outcome: StdinOutcome): Result<"process.stdin"> {
  switch (outcome.kind) {
    case "gap":
      throw new RpcError(STDIN_GAP, "stdin offset gap: offset ahead of applied bytes");
    case "taken":
      throw new RpcError(STDIN_GAP, "stdin offset taken: another client wrote there");
    case "closed":
      throw invalidParams("Process not running");
    case "accepted":
      return outcome.isDuplicate
        ? { success: true, applied: outcome.applied, duplicate: true }
        : { success: true, applied: outcome.applied };
  }
}

/**
 * Acts on a process in the order of the client's requests (contract: Transport). Only a start that is not finished
 * makes later requests wait; every other action takes effect at once.
 */
function inOrder<T>(client: ClientContext, id: string, act: () => T | Promise<T>): T | Promise<T> {
  const start = client.starting.get(id);
  return start === undefined ? act() : start.then(act);
}

/** Makes later requests for an id wait until its start has succeeded or failed. */
function startingAs<T>(client: ClientContext, id: string, started: Promise<T>): Promise<T> {
  const settled = started.catch(() => {}).then(() => {
    if (client.starting.get(id) === settled) client.starting.delete(id);
  });
  client.starting.set(id, settled);
  return started;
}
