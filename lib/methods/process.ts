/**
 * `process.*` (contract: Process methods).
 *
 * @module
 */

import { decodeBase64 } from "../rpc/base64.ts";
import type { EncodedResult, Method } from "../rpc/dispatch.ts";
import type { Result } from "../rpc/method_types.ts";
import { INTERNAL_ERROR, invalidParams, RpcError, STDIN_GAP } from "../rpc/errors.ts";
import { SpawnError } from "../process/spawn_error.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import { signalByName } from "../process/signals.ts";
import type { StdinOutcome } from "../process/stdin_queue.ts";
import type { ClientContext, DaemonContext, PredecessorProcess } from "./context.ts";
import { inShare, method } from "./define.ts";
import { toRpcError } from "./rpc_failure.ts";
import { expandTilde } from "../system/path_text.ts";

/** How long a child may take to obey before SIGKILL, in milliseconds, unless the client says otherwise. */
const DEFAULT_GRACE_MS = 3_000;
/** About what the entry of a process takes beside its texts, in bytes. */
const LISTED_BYTES = 512;

/** What `process.reattach` answers for a process that it does not know. */
const NOT_FOUND = { found: false, running: false, firstSeq: 0, lastSeq: 0, stdinApplied: 0 } as const;

/** The methods of the namespace. */
export function processMethods(daemon: DaemonContext): Method<ClientContext>[] {
  const { supervisor, counters } = daemon;
  const stdinResult = (outcome: StdinOutcome) => {
    if (outcome.kind === "accepted") counters.stdinBytes += outcome.fresh;
    return stdinAnswer(outcome);
  };

  /** Acts on a process in the order of requests, or has the retired daemon do it that has the process. */
  function at<T>(
    name: string,
    params: { readonly id: string },
    client: ClientContext,
    act: () => T | Promise<T>,
  ): T | EncodedResult | Promise<T | EncodedResult> {
    return inOrder<T | EncodedResult>(client, params.id, () => {
      const { predecessors } = daemon;
      if (predecessors === undefined || !predecessors.owns(params.id)) return act();
      return predecessors.forward(name, params, client).then((result) => result ?? act());
    });
  }

  return [
    method("process.spawn", ({ wantPid, notice, ...spec }, client) => {
      requireId(spec.id);
      if (spec.command === "") throw invalidParams("Command is required");
      const inherited = daemon.childEnvironment();
      const start = (environment: Readonly<Record<string, string>>) => {
        if (daemon.isRetiring) leaveToNext(client);
        if (daemon.isStopping) throw new RpcError(INTERNAL_ERROR, "the daemon is stopping");
        const cwd = expandTilde(spec.cwd, daemon.home);
        const process = startProcess(() =>
          supervisor.spawn({ ...spec, cwd, env: mergeEnvironments(environment, spec.env) })
        );
        daemon.predecessors?.discard(spec.id);
        client.follow(process, { notice });
        return wantPid ? { success: true, ...identity(process) } : { success: true };
      };
      if (!(inherited instanceof Promise)) return inOrder(client, spec.id, () => start(inherited));
      const started = inOrder(client, spec.id, () => inherited.then(start));
      return startingAs(client, spec.id, Promise.resolve(started));
    }),

    method("process.stdin", (params, client) => {
      const bytes = decodeData(params.data);
      return at("process.stdin", params, client, () => {
        const { id, offset, exact: isExact } = params;
        const outcome = runningProcess(supervisor, id).stdin.write(bytes, { offset, isExact, signal: client.signal });
        return outcome instanceof Promise ? outcome.then(stdinResult) : stdinResult(outcome);
      });
    }),

    method("process.kill", (params, client) =>
      at("process.kill", params, client, () => {
        const signal = signalByName(params.signal);
        const process = supervisor.get(params.id);
        if (params.group) process?.signalGroup(signal);
        else process?.signal(signal);
        return { success: true };
      })),

    method("process.killAndWait", (params, client) => {
      const { id, signal, timeoutMs, escalate, group } = params;
      requireId(id);
      return at<Result<"process.killAndWait">>("process.killAndWait", params, client, () => {
        const process = supervisor.get(id);
        if (process === undefined) return { found: false, died: false };
        if (!process.isRunning) return { found: true, died: true, alreadyExited: true };
        const graceMs = timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : DEFAULT_GRACE_MS;
        return process.killAndWait(signalByName(signal), graceMs, escalate ?? true, group)
          .then(({ died, escalated }) => escalated ? { found: true, died, escalated } : { found: true, died });
      });
    }),

    method("process.reattach", (params, client) => {
      const { id, fromSeq, wantPid, observe, notice, pid } = params;
      requireId(id);
      return at<Result<"process.reattach">>("process.reattach", params, client, () => {
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
      });
    }),

    method("process.list", (params, client) =>
      inShare<Result<"process.list">>(client, (share) => {
        const list = (others: readonly PredecessorProcess[]) => {
          const own = supervisor.list().map((process) => describe(process, params.exitDetail));
          return { value: { processes: [...others, ...own] }, size: listSize(own, others) };
        };
        const elsewhere = () => daemon.predecessors?.list(params).then(list) ?? list([]);
        return share.take(listSize(supervisor.list(), []))?.then(elsewhere) ?? elsewhere();
      })),

    method("process.closeStdin", (params, client) =>
      at("process.closeStdin", params, client, () => {
        runningProcess(supervisor, params.id).stdin.closeWhenWritten();
        return { success: true };
      })),
  ];
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

/** Makes a client ask again: the daemon that comes next would not know of what is started here now. */
function leaveToNext(client: ClientContext): never {
  client.hangUp();
  throw new RpcError(INTERNAL_ERROR, "the daemon hands over");
}

/** About how much memory a list takes, in bytes; the texts of our own processes are there anyway. */
function listSize({ length }: readonly unknown[], others: readonly PredecessorProcess[]): number {
  const texts = others.flatMap(({ id, command, args, cwd }) => [id, command, cwd, ...args]);
  return (length + others.length) * LISTED_BYTES + texts.reduce((size, text) => size + text.length, 0);
}

function requireId(id: string): void {
  if (id === "") throw invalidParams("Process ID is required");
}

function identity({ pid, startTime }: ManagedProcess): { pid: number; startTime: number } {
  return { pid, startTime };
}

function startProcess(start: () => ManagedProcess): ManagedProcess {
  try {
    return start();
  } catch (error) {
    throw toRpcError(error, SpawnError);
  }
}

/** The caller's variables win; any key is just a key. */
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

function stdinAnswer(outcome: StdinOutcome): Result<"process.stdin"> {
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
 * Requests of one client for one process take effect in the order they came: only a start can
 * make others wait (contract: Transport). Everything else takes effect as soon as it is called.
 */
function inOrder<T>(client: ClientContext, id: string, act: () => T | Promise<T>): T | Promise<T> {
  const start = client.starting.get(id);
  return start === undefined ? act() : start.then(act);
}

/** Makes what comes next for this id wait for the start, whether it succeeds or not. */
function startingAs<T>(client: ClientContext, id: string, started: Promise<T>): Promise<T> {
  const settled = started.catch(() => {}).then(() => {
    if (client.starting.get(id) === settled) client.starting.delete(id);
  });
  client.starting.set(id, settled);
  return started;
}
