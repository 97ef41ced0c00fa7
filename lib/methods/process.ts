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
import { INTERNAL_ERROR, invalidParams, RpcError, STDIN_FULL, STDIN_GAP } from "../rpc/errors.ts";
import { SpawnError } from "../process/spawn_error.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import type { OutputLog } from "../process/output_log.ts";
import { parseRestartPolicy, type RestartPolicy } from "../process/restart_policy.ts";
import type { SpawnSpec } from "../process/spawn_child.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import { signalByName } from "../process/signals.ts";
import type { StdinOutcome, StdinWriteOptions } from "../process/stdin_queue.ts";
import type { ClientContext, DaemonContext } from "./context.ts";
import { cleanEnvironment } from "./clean_environment.ts";
import { method } from "./define.ts";
import { idInUse, lifeMethods } from "./process_life.ts";
import { openLog, startWithLog, type WantedLog, wantedLog } from "./process_log.ts";
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
  return method(
    "process.spawn",
    (params, client) => spawnProcess(daemon, params, client, (spec, begin) => begin(spec)),
  );
}

/** The params of `process.spawn` that every generation has. */
export type SpawnParams = Decoded<Schema<"process.spawn">>;

/** The variables of a process: those that the daemon adds, or those that the client sends. */
export type Variables = Readonly<Record<string, string>>;

/**
 * Prepares the start of a process.
 *
 * @param spec The process; its variables are those of the daemon, and the client's over them.
 * @param begin Starts the process.
 * @returns What `begin` returns; a promise only if something must happen before.
 */
export type PrepareSpawn = <T>(spec: SpawnSpec, begin: (spec: SpawnSpec) => T) => T | Promise<T>;

/** Starts a process for a client. Later requests for its id wait until it is started. */
export function spawnProcess(
  daemon: DaemonContext,
  { wantPid, notice, restart, fresh, log, logFile, ...given }: SpawnParams,
  client: ClientContext,
  prepare: PrepareSpawn,
): Result<"process.spawn"> | Promise<Result<"process.spawn">> {
  requireId(given.id);
  if (given.command === "") throw invalidParams("Command is required");
  const spec = { ...given, cwd: expandTilde(given.cwd, daemon.home), restart: restartPolicy(restart) };
  const begin = (prepared: SpawnSpec) => {
    if (fresh && isRunningHere(daemon.supervisor, spec.id)) throw idInUse();
    const process = startProcess(daemon, prepared, client);
    client.follow(process, { notice });
    return wantPid ? { success: true, ...identity(process) } : { success: true };
  };
  const start = (variables: Variables, output?: OutputLog) => {
    const inherited = spec.cleanEnv ? { ...cleanEnvironment(), ...variables } : variables;
    const env = mergeEnvironments(inherited, spec.env);
    return prepare({ ...spec, env, ...(output === undefined ? {} : { log: output }) }, begin);
  };
  const environment = fresh ? environmentUnlessRelayed(daemon, spec.id) : daemon.childEnvironment();
  const logging = wantedLog(daemon, log, logFile);
  const startLogged = async (wanted: WantedLog) => {
    const variables = await environment;
    return await startWithLog(await openLog(daemon, spec.id, wanted, fresh), (output) => start(variables, output));
  };
  const started = inOrder(client, spec.id, () => {
    if (logging !== undefined) return startLogged(logging);
    return environment instanceof Promise ? environment.then((variables) => start(variables)) : start(environment);
  });
  return started instanceof Promise ? startingAs(client, spec.id, started) : started;
}

function startProcess(daemon: DaemonContext, spec: SpawnSpec, client: ClientContext): ManagedProcess {
  if (daemon.isRetiring) disconnectRetiring(client);
  if (daemon.isStopping) throw new RpcError(INTERNAL_ERROR, "the daemon is stopping");
  try {
    const process = daemon.supervisor.spawn(spec);
    daemon.predecessors?.discard(spec.id, daemon.generation.processes.reusedId);
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
  return stdinMethodBy(daemon, (process, bytes, options) => {
    requireRunning(process);
    return process.stdin.write(bytes, options);
  });
}

/** Writes to the stdin of a process, or says why not. */
export type WriteStdin = (
  process: ManagedProcess,
  bytes: Uint8Array,
  options: StdinWriteOptions,
) => StdinOutcome | Promise<StdinOutcome>;

/** Declares `process.stdin`, with the checks of a generation in their order. */
export function stdinMethodBy(daemon: DaemonContext, write: WriteStdin): Method<ClientContext> {
  const { supervisor, counters } = daemon;
  const toResult = (outcome: StdinOutcome) => {
    if (outcome.kind === "accepted") counters.stdinBytes += outcome.fresh;
    return stdinResult(outcome);
  };
  return processMethod(daemon, "process.stdin", ({ id, data, offset, exact: isExact }, { signal }) => {
    const bytes = decodeData(data);
    return () => {
      const outcome = write(knownProcess(supervisor, id), bytes, { offset, isExact, signal });
      return outcome instanceof Promise ? outcome.then(toResult) : toResult(outcome);
    };
  });
}

function closeStdinMethod(daemon: DaemonContext): Method<ClientContext> {
  return processMethod(daemon, "process.closeStdin", ({ id }) => () => {
    const process = knownProcess(daemon.supervisor, id);
    requireRunning(process);
    process.stdin.closeWhenWritten();
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
  const { maxKillWaitMs, killsRemains } = daemon.generation.processes;
  return processMethod(daemon, "process.killAndWait", ({ id, signal, timeoutMs, escalate, group }) => {
    requireId(id);
    return () => {
      const process = daemon.supervisor.get(id);
      if (process === undefined) return { found: false, died: false };
      if (!process.isRunning) return { found: true, died: true, alreadyExited: true };
      const graceMs = Math.min(timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : DEFAULT_GRACE_MS, maxKillWaitMs);
      return process.killAndWait(signalByName(signal), graceMs, escalate ?? true, group, !killsRemains)
        .then(({ died, escalated }) => escalated ? { found: true, died, escalated } : { found: true, died });
    };
  });
}

function reattachMethod(daemon: DaemonContext): Method<ClientContext> {
  const { supervisor, counters } = daemon;
  const { runsUntil } = daemon.generation.processes;
  return processMethod(daemon, "process.reattach", (params, client) => {
    const { id, fromSeq, wantPid, observe, notice, pid, times } = params;
    requireId(id);
    return () => {
      const process = supervisor.get(id);
      const isWanted = pid === undefined || process?.hasHadPid(pid);
      if (process === undefined || !isWanted) return NOT_FOUND;
      counters.reattaches++;
      const result = {
        found: true,
        running: runsUntil === "reaped" ? !process.isReaped : process.isRunning,
        firstSeq: process.replay.firstSeq,
        lastSeq: process.replay.lastSeq,
        stdinApplied: process.stdin.applied,
        // A process that was started again is still the one that the client knows by an earlier pid.
        ...(wantPid ? { ...identity(process), ...(pid === undefined ? {} : { pid }) } : {}),
      };
      return client.follow(process, { fromSeq, observe, notice, times, as: id }).caughtUp.then(() => result);
    };
  });
}

function knownProcess(supervisor: ReplaySupervisor, id: string): ManagedProcess {
  const process = supervisor.get(id);
  if (process === undefined) throw invalidParams("Process not found");
  return process;
}

function requireRunning({ isRunning }: ManagedProcess): void {
  if (!isRunning) throw notRunning();
}

function notRunning(): RpcError {
  return invalidParams("Process not running");
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
      throw notRunning();
    case "full":
      throw new RpcError(STDIN_FULL, "stdin backpressure: queue full");
    case "accepted":
      return outcome.isDuplicate
        ? { success: true, applied: outcome.applied, duplicate: true }
        : { success: true, applied: outcome.applied };
  }
}
