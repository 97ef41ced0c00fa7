/**
 * Stopping a daemon so that its processes get to end by themselves first: SIGTERM to each of their
 * groups, SIGKILL to those that do not obey in time, and only then the daemon.
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

/** How long a daemon may take to say what it has, in milliseconds. */
const ANSWER_MS = 5_000;
/** How long a process may take to end after SIGKILL, in milliseconds; the daemon gives up after seven seconds. */
const KILL_MS = 10_000;
/** How often a daemon that hangs up is tried again: it may hand over just now. */
const ATTEMPTS = 5;
/** How often processes are ended that were started meanwhile. */
const ROUNDS = 3;

/** Which daemon is meant. */
export interface StopTarget {
  /** The path of its socket. */
  readonly socket: string;
  /** Its token. @default {what daemon.token beside the socket holds} */
  readonly token?: string | undefined;
}

/** A process of a daemon. */
export type ListedProcess = Result<"process.list">["processes"][number];

/** What a daemon has running. */
export interface Running {
  /** Its running processes, and those of the retired daemons that it relays to, which have a `daemon`. */
  readonly processes: readonly ListedProcess[];
  /** Whether its processes live on when it stops. */
  readonly keepsChildren: boolean;
}

/** How a process ended that was told to. */
export interface EndedProcess {
  /** What it is called. */
  readonly id: string;
  /** The signal that it took; `none` if it ended by itself just before, or lives on after SIGKILL. */
  readonly by: "SIGTERM" | "SIGKILL" | "none";
  /** Whether it lives on. */
  readonly isAlive: boolean;
}

/** What came of a stop. */
export interface StopReport {
  /** The processes that it had, and how they ended. */
  readonly ended: readonly EndedProcess[];
  /** The processes that live on, without their stdio. */
  readonly left: readonly ListedProcess[];
  /** Whether the daemon has stopped; `false` when it was told, and did not close in time. */
  readonly hasStopped: boolean;
}

/** The daemon is there, and says nothing. */
export class NoAnswerError extends ClaustrumError {}

/**
 * Asks a daemon what it has running.
 *
 * @returns `undefined` when there is no daemon.
 * @throws {TokenRefusedError} If it does not take the token.
 * @throws {NoAnswerError} If it does not answer.
 */
export async function findRunning(target: StopTarget): Promise<Running | undefined> {
  const opened = await open(target);
  if (opened === undefined) return undefined;
  await close(opened.connection);
  return opened.running;
}

/**
 * Ends the processes of a daemon, not those of others that it relays to, and then the daemon.
 *
 * @param timeoutMs How long processes may take to obey SIGTERM, in milliseconds; with 0 they are killed at once.
 * @param clock The source of time.
 * @returns `undefined` when there is no daemon; a socket that it left behind is removed.
 * @throws {TokenRefusedError} If it does not take the token.
 * @throws {NoAnswerError} If it does not answer.
 * @throws {ConnectionLostError} If it ends, or hands over, while its processes are being ended.
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
    const own = running.processes.filter(({ daemon }) => daemon === undefined);
    const ended = running.keepsChildren ? [] : await endAll(connection, own, timeoutMs);
    const hasStopped = await shutDown(connection, clock);
    if (hasStopped) await removeDeadSocket(target.socket);
    return { ended, left: running.keepsChildren ? own : [], hasStopped };
  } finally {
    await close(connection);
  }
}

/** Tells a daemon to stop; whether it has closed the connection in time, which is its answer. */
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
      return { connection, running: await askRunning(connection) };
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

async function askRunning(connection: WireConnection): Promise<Running> {
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
    // A daemon with the contract's methods only does not tell.
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
    left = now.filter(({ id, daemon }) => daemon === undefined && !ended.some((one) => one.id === id && one.isAlive));
  }
  return ended;
}

async function end(connection: WireConnection, id: string, timeoutMs: number): Promise<EndedProcess> {
  const how = timeoutMs > 0
    ? { signal: "TERM", timeoutMs: Math.ceil(timeoutMs) }
    : { signal: "KILL", timeoutMs: KILL_MS };
  const params: Params<"process.killAndWait"> = { id, ...how, group: true, escalate: true };
  const { found, died, alreadyExited, escalated } = await connection.request(
    "process.killAndWait",
    params,
  ) as Result<"process.killAndWait">;
  if (!found || alreadyExited === true || !died) return { id, by: "none", isAlive: found && !died };
  return { id, by: escalated === true || timeoutMs === 0 ? "SIGKILL" : "SIGTERM", isAlive: false };
}
