/**
 * Stopping a daemon after its processes: SIGTERM to each process group, SIGKILL to those that do not end in time, and
 * then the stop of the daemon.
 *
 * @module
 */

import { METHOD_NOT_FOUND, UNAUTHORIZED } from "../rpc/errors.ts";
import type { Params, Result } from "../rpc/method_types.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import { dial, DialError } from "./dial.ts";
import { ConnectionLostError, RpcCallError } from "./errors.ts";
import { CLOSE_MS, removeDeadSocket, TokenRefusedError } from "./stop.ts";
import { readDaemonToken } from "./daemon_token.ts";
import { WireConnection } from "./wire_connection.ts";

/** How long to wait for the daemon to list its processes, in milliseconds. */
const ANSWER_MS = 5_000;
/** How long a process may take to end after SIGKILL, in milliseconds; the daemon gives up after seven seconds. */
const KILL_MS = 10_000;
/** How often to connect if the daemon closes the connection, which it does while it hands over. */
const ATTEMPTS = 5;
/** How often to list and end processes, since clients may start more of them in the meantime. */
const ROUNDS = 3;

/** The daemon to stop. */
export interface StopTarget {
  /** The path of the daemon's socket. */
  readonly socket: string;
  /** The token. @default {the content of daemon.token beside the socket} */
  readonly token?: string | undefined;
}

/** A process in the list of a daemon. */
export type ListedProcess = Result<"process.list">["processes"][number];

/** The running processes of a daemon. */
export interface Running {
  /** The processes of the daemon and those of the retired daemons that it relays to, which have a `daemon`. */
  readonly processes: readonly ListedProcess[];
  /** Whether the processes continue to run when the daemon stops. */
  readonly keepsChildren: boolean;
}

/** The outcome for one process. */
export interface EndedProcess {
  /** The id of the process. */
  readonly id: string;
  /** The signal that ended it; `none` if it had ended before, or still runs after SIGKILL. */
  readonly by: "SIGTERM" | "SIGKILL" | "none";
  /** Whether the process still runs. */
  readonly isAlive: boolean;
}

/** The outcome of {@linkcode stopGently}. */
export interface StopReport {
  /** The processes that the daemon had, and how they ended. */
  readonly ended: readonly EndedProcess[];
  /** The processes that continue to run, without their stdio. */
  readonly left: readonly ListedProcess[];
  /** Whether the daemon has stopped; `false` if it did not close the connection in time. */
  readonly hasStopped: boolean;
}

/** The daemon accepts connections but does not reply. */
export class NoAnswerError extends ClaustrumError {}

/**
 * Lists the running processes of a daemon.
 *
 * @returns `undefined` if there is no daemon.
 * @throws {TokenRefusedError} If the daemon refuses the token.
 * @throws {NoAnswerError} If the daemon does not reply.
 */
export async function findRunning(target: StopTarget): Promise<Running | undefined> {
  const opened = await open(target);
  if (opened === undefined) return undefined;
  await close(opened.connection);
  return opened.running;
}

/**
 * Ends the processes of a daemon, then the daemon. The processes of other daemons that it relays to are left alone.
 *
 * @param timeoutMs How long processes may take to end after SIGTERM, in milliseconds; with 0 they are killed at once.
 * @param clock The source of time.
 * @returns `undefined` if there is no daemon; a leftover socket is removed.
 * @throws {TokenRefusedError} If the daemon refuses the token.
 * @throws {NoAnswerError} If the daemon does not reply.
 * @throws {ConnectionLostError} If the daemon ends or hands over while its processes are being ended.
 */
export async function stopGently(
  target: StopTarget,
  timeoutMs: number,
  clock: Clock = systemClock,
): Promise<StopReport | undefined> {
  const opened = await open(target);
  if (opened === undefined) {
    await removeDeadSocket(target.socket);
    return undefined;
  }
  const { connection, running } = opened;
  try {
    const ownProcesses = running.processes.filter(({ daemon }) => daemon === undefined);
    const ended = running.keepsChildren ? [] : await endAll(connection, ownProcesses, timeoutMs);
    const hasStopped = await shutDown(connection, clock);
    if (hasStopped) await removeDeadSocket(target.socket);
    return { ended, left: running.keepsChildren ? ownProcesses : [], hasStopped };
  } finally {
    await close(connection);
  }
}

/** Requests a daemon to stop; returns whether it has closed the connection in time. */
async function shutDown(connection: WireConnection, clock: Clock): Promise<boolean> {
  let refusal: unknown;
  connection.request("server.shutdown", undefined).catch((error) => refusal = error);
  const hasClosed = await happensWithin(connection.closed, CLOSE_MS, clock);
  if (!hasClosed && refusal !== undefined) throw refusal;
  return hasClosed;
}

async function close(connection: WireConnection): Promise<void> {
  connection.close();
  await connection.finished;
}

async function open(target: StopTarget): Promise<{ connection: WireConnection; running: Running } | undefined> {
  for (let attempt = 1;; attempt++) {
    let connection: WireConnection | undefined;
    try {
      const transport = await dial(target.socket);
      const token = target.token ?? await readDaemonToken(target.socket);
      connection = new WireConnection({ transport, token, onFrame: () => {} });
      return { connection, running: await requestRunning(connection) };
    } catch (error) {
      if (connection !== undefined) await close(connection);
      if (error instanceof DialError) return undefined;
      if (error instanceof ConnectionLostError && attempt < ATTEMPTS) continue;
      throw explain(error, target);
    }
  }
}

function explain(error: unknown, { socket }: StopTarget): unknown {
  if (error instanceof RpcCallError && error.code === UNAUTHORIZED) {
    return new TokenRefusedError(`daemon on ${socket} refused to stop: ${error.message}`, { cause: error });
  }
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new NoAnswerError(`the daemon on ${socket} does not answer`, { cause: error });
  }
  return error;
}

async function requestRunning(connection: WireConnection): Promise<Running> {
  const [{ keepsChildren = false }, processes] = await Promise.all([
    connection.request("server.capabilities", { extensions: true }, AbortSignal.timeout(ANSWER_MS)) as Promise<
      Result<"server.capabilities">
    >,
    listRunning(connection),
  ]);
  return { processes, keepsChildren };
}

async function listRunning(connection: WireConnection): Promise<ListedProcess[]> {
  try {
    const answer = await connection.request("process.list", {}, AbortSignal.timeout(ANSWER_MS));
    return (answer as Result<"process.list">).processes.filter(({ running }) => running);
  } catch (error) {
    // A daemon without extensions does not have this method.
    if (error instanceof RpcCallError && error.code === METHOD_NOT_FOUND) return [];
    throw error;
  }
}

async function endAll(
  connection: WireConnection,
  running: readonly ListedProcess[],
  timeoutMs: number,
): Promise<EndedProcess[]> {
  const ended: EndedProcess[] = [];
  let left = running;
  for (let round = 1; left.length > 0; round++) {
    ended.push(...await Promise.all(left.map(({ id }) => end(connection, id, timeoutMs))));
    if (round === ROUNDS) break;
    const now = await listRunning(connection);
    left = now.filter(({ id, daemon }) =>
      daemon === undefined && !ended.some((other) => other.id === id && other.isAlive)
    );
  }
  return ended;
}

async function end(connection: WireConnection, id: string, timeoutMs: number): Promise<EndedProcess> {
  const method = timeoutMs > 0
    ? { signal: "TERM", timeoutMs: Math.ceil(timeoutMs) }
    : { signal: "KILL", timeoutMs: KILL_MS };
  const params: Params<"process.killAndWait"> = { id, ...method, group: true, escalate: true };
  const { found, died, alreadyExited, escalated } = await connection.request(
    "process.killAndWait",
    params,
  ) as Result<"process.killAndWait">;
  if (!found || alreadyExited === true || !died) return { id, by: "none", isAlive: found && !died };
  return { id, by: escalated === true || timeoutMs === 0 ? "SIGKILL" : "SIGTERM", isAlive: false };
}
