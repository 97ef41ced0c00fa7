/**
 * The `process` methods (contract: Process methods).
 *
 * @module
 */

import { decodeBase64 } from "../rpc/base64.ts";
import type { Method } from "../rpc/dispatch.ts";
import type { Result } from "../rpc/method_types.ts";
import type { Schema } from "../rpc/protocol.ts";
import type { Decoded } from "../rpc/struct.ts";
import { INTERNAL_ERROR, invalidParams, RpcError, STDIN_GAP } from "../rpc/errors.ts";
import { SpawnError } from "../process/spawn_error.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import { parseRestartPolicy, type RestartPolicy } from "../process/restart_policy.ts";
import type { SpawnSpec } from "../process/spawn_child.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import { signalByName } from "../process/signals.ts";
import type { StdinOutcome } from "../process/stdin_queue.ts";
import type { ClientContext, DaemonContext } from "./context.ts";
import { method } from "./define.ts";
import { idInUse, lifeMethods } from "./process_life.ts";
import { DEFAULT_GRACE_MS, identity, inOrder, processMethod, startingAs } from "./process_method.ts";
import { toRpcError } from "./rpc_failure.ts";
import { expandTilde } from "../system/path_text.ts";

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
    closeStdinMethod(daemon),
    ...lifeMethods(daemon),
  ];
}

function spawnMethod(daemon: DaemonContext): Method<ClientContext> {
  return method("process.spawn", ({ wantPid, notice, restart, fresh, ...given }, client) => {
    requireId(given.id);
    if (given.command === "") throw invalidParams("Command is required");
    const spec = { ...given, restart: restartPolicy(restart) };
    const start = (environment: Readonly<Record<string, string>>) => {
      if (fresh && isRunningHere(daemon.supervisor, spec.id)) throw idInUse();
      const process = startProcess(daemon, spec, environment, client);
      client.follow(process, { notice });
      return wantPid ? { success: true, ...identity(process) } : { success: true };
    };
    const environment = fresh ? environmentUnlessRelayed(daemon, spec.id) : daemon.childEnvironment();
    if (!(environment instanceof Promise)) return inOrder(client, spec.id, () => start(environment));
    const started = inOrder(client, spec.id, () => environment.then(start));
    return startingAs(client, spec.id, Promise.resolve(started));
  });
}

function startProcess(
  daemon: DaemonContext,
  spec: Omit<Decoded<Schema<"process.spawn">>, "wantPid" | "notice" | "fresh" | "restart"> & Pick<SpawnSpec, "restart">,
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

/** Returns the environment, unless a retired daemon has a running process of this id. */
function environmentUnlessRelayed(
  { predecessors, childEnvironment }: DaemonContext,
  id: string,
): ReturnType<DaemonContext["childEnvironment"]> {
  if (predecessors === undefined || !predecessors.owns(id)) return childEnvironment();
  return predecessors.list({}).then((processes) => {
    if (processes.some((process) => process.id === id && process.running)) throw idInUse();
    return childEnvironment();
  });
}

function isRunningHere(supervisor: ReplaySupervisor, id: string): boolean {
  return supervisor.has(id) && supervisor.get(id)?.isRunning === true;
}

function restartPolicy(text: string): RestartPolicy | undefined {
  try {
    return parseRestartPolicy(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidParams("Invalid restart policy");
    throw error;
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
      const isWanted = pid === undefined || process?.hasHadPid(pid);
      if (process === undefined || !isWanted) return NOT_FOUND;
      counters.reattaches++;
      const result = {
        found: true,
        running: process.isRunning,
        firstSeq: process.replay.firstSeq,
        lastSeq: process.replay.lastSeq,
        stdinApplied: process.stdin.applied,
        // A process that was started again is still the one that the client knows by an earlier pid.
        ...(wantPid ? { ...identity(process), ...(pid === undefined ? {} : { pid }) } : {}),
      };
      return client.follow(process, { fromSeq, observe, notice, as: id }).caughtUp.then(() => result);
    };
  });
}

function runningProcess(supervisor: ReplaySupervisor, id: string): ManagedProcess {
  const process = supervisor.get(id);
  if (process === undefined) throw invalidParams("Process not found");
  if (!process.isRunning) throw invalidParams("Process not running");
  return process;
}

/** Makes a client ask the next daemon: that daemon would not know of a process that is started here now. */
function disconnectRetiring(client: ClientContext): never {
  client.hangUp();
  throw new RpcError(INTERNAL_ERROR, "the daemon hands over");
}

function requireId(id: string): void {
  if (id === "") throw invalidParams("Process ID is required");
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
