/**
 * Makes the hub of a host reachable over a connection of `ssh` that is up: its socket is forwarded to one on this machine
 * where `ssh` can do that, and otherwise a bridge copies.
 *
 * @module
 */

import { abortable } from "../client/abortable.ts";
import type { Transport } from "../client/wire_connection.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { removeIfThere } from "../system/private_files.ts";
import { refusal } from "./line_failure.ts";
import { readStarted, type RemotePlace } from "./remote_shell.ts";
import type { SshMaster } from "./ssh_master.ts";

/** What the shell exits with when it finds no such program. */
const NOT_FOUND = 127;
/** How long a hub may take to answer at all, in milliseconds. */
const ANSWER_MS = 15_000;
/** The paths that `ssh` takes as they are: in others it sees patterns, ports, and variables of this machine. */
const PLAIN_PATH = /^\/[^%$:\\[\]\p{Cc}]+$/u;

/** What {@linkcode reachHub} works with. */
export interface ReachOptions {
  /** Where the hub's socket of the host appears on this machine. */
  readonly socket: string;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** The source of time. */
  readonly clock: Clock;
}

/** A hub that can be reached. */
export interface ReachedHub {
  /** Where it is on the host. */
  readonly place: RemotePlace;
  /** The way to it. */
  readonly via: "forward" | "bridge";
}

/**
 * Finds the hub of a host, starts it if none runs, and finds the way to it.
 *
 * @throws {ClaustrumError} If the line breaks, or a person has to do something first.
 */
export async function reachHub(master: SshMaster, options: ReachOptions): Promise<ReachedHub> {
  const hasToken = await master.token(master.place) !== "";
  const wasForwarded = hasToken && PLAIN_PATH.test(master.place.socket);
  if (wasForwarded) {
    await forward(master, options, master.place);
    if (await answers(master, options, master.place)) return { place: master.place, via: "forward" };
  }
  const { code, output } = await master.startHub();
  if (code === NOT_FOUND) throw refusal("not_installed", "claustrum is not installed there");
  const place = code === 0 ? readStarted(output) : undefined;
  if (place === undefined) {
    throw refusal("hub_does_not_start", `the hub does not start there: ${output.trim().slice(-500)}`);
  }
  if (!PLAIN_PATH.test(place.socket)) return { place, via: "bridge" };
  // `ssh` agrees to the same forward again, and does nothing: a socket that was removed would not come back.
  if (!wasForwarded || place.socket !== master.place.socket) await forward(master, options, place);
  return { place, via: await answers(master, options, place) ? "forward" : "bridge" };
}

async function forward(master: SshMaster, { socket }: ReachOptions, place: RemotePlace): Promise<void> {
  await removeIfThere(socket);
  await master.forward(socket, place.socket);
}

/** Whether the hub is at the other end of the socket that is forwarded: `ssh` itself always agrees. */
async function answers(
  master: SshMaster,
  { socket, signal, clock }: ReachOptions,
  place: RemotePlace,
): Promise<boolean> {
  using probe = await connectSocket(socket);
  const token = await master.token(place);
  const request = { jsonrpc: "2.0", id: 1, method: "hub.status", params: {}, auth: token };
  try {
    await probe.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    const reading = abortable(probe.read(new Uint8Array(1)), signal);
    const isInTime = await happensWithin(reading.then(() => {}, () => {}), ANSWER_MS, clock);
    return isInTime && await reading !== null;
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    return false;
  }
}

/**
 * Connects to a socket on this machine.
 *
 * @throws {Error} If nobody listens there.
 */
export async function connectSocket(path: string): Promise<Transport & Disposable> {
  const connection = await Deno.connect({ transport: "unix", path });
  let isClosed = false;
  const close = () => {
    if (!isClosed) connection.close();
    isClosed = true;
  };
  return {
    read: (into) => connection.read(into),
    write: (bytes) => connection.write(bytes),
    close,
    [Symbol.dispose]: close,
  };
}
