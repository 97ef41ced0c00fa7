/**
 * The bridge, which a client runs over SSH. It copies raw bytes in both directions between two streams and the daemon's
 * socket, unchanged and without delay (contract: Bridge and stop).
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type ByteSink, type ByteSource, writeAll } from "../system/io.ts";
import { dial } from "./dial.ts";

/** The size of the buffer for data from the daemon, in bytes; the socket returns at most this much at once. */
const DOWN_BYTES = 256 << 10;
/** The size of the buffer for data to the daemon, in bytes. */
const UP_BYTES = 64 << 10;

/** Options of {@linkcode bridge}. */
export interface BridgeOptions {
  /** The path of the daemon's socket. */
  readonly socket: string;
  /** The bytes to send to the daemon. The end of the input half-closes the socket. @default {stdin} */
  readonly input?: ByteSource;
  /** Receives the bytes that the daemon sends. @default {stdout} */
  readonly output?: ByteSink;
  /** Ends the bridge when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Copies bytes in both directions until the daemon closes the connection or the output is closed.
 *
 * Permissions: `net` for `unix:` and the path of the socket; `read` and `write` for that path.
 *
 * @throws {DialError} If no daemon listens on the socket.
 * @throws {ClaustrumError} If the input cannot be read, or if the output cannot be written although it is not closed.
 *
 * @example
 * ```ts ignore
 * import { bridge } from "jsr:@x/claustrum";
 *
 * await bridge({ socket: "/run/user/1000/claustrum/rpc.sock" });
 * ```
 */
export async function bridge(options: BridgeOptions): Promise<void> {
  const { socket, input = Deno.stdin, output = Deno.stdout, signal } = options;
  signal?.throwIfAborted();
  const conn = await dial(socket);
  let failure: unknown;
  let isOpen = true;
  const stop = () => {
    if (isOpen) conn.close();
    isOpen = false;
  };
  signal?.addEventListener("abort", stop, { once: true });
  // Not awaited: the input may stay open after the daemon has closed the connection.
  copyUp(input, conn).catch((error) => {
    failure = error;
    stop();
  });
  try {
    await copyDown(conn, output);
  } catch (error) {
    if (!isPeerGone(error)) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
  signal?.throwIfAborted();
  if (failure !== undefined) throw failure;
}

async function copyUp(input: ByteSource, conn: Deno.UnixConn): Promise<void> {
  const buffer = new Uint8Array(UP_BYTES);
  for (;;) {
    const n = await read(input, buffer);
    try {
      if (n === null) return await conn.closeWrite();
      await writeAll(conn, buffer.subarray(0, n));
    } catch (error) {
      // The other direction fails in the same way and handles it.
      if (isPeerGone(error)) return;
      throw error;
    }
  }
}

async function read(input: ByteSource, buffer: Uint8Array): Promise<number | null> {
  try {
    return await input.read(buffer);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    const name = input === Deno.stdin ? "stdin" : "the input";
    throw new ClaustrumError(`cannot read ${name}: ${errnoText(error)}`, { cause: error });
  }
}

async function copyDown(conn: Deno.UnixConn, output: ByteSink): Promise<void> {
  const buffer = new Uint8Array(DOWN_BYTES);
  for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) {
    await write(output, buffer.subarray(0, n));
  }
}

async function write(output: ByteSink, bytes: Uint8Array): Promise<void> {
  try {
    await writeAll(output, bytes);
  } catch (error) {
    if (isPeerGone(error) || errnoCode(error) === undefined) throw error;
    const name = output === Deno.stdout ? "stdout" : "the output";
    throw new ClaustrumError(`cannot write to ${name}: ${errnoText(error)}`, { cause: error });
  }
}

/** Whether the socket or the output is closed, by the other end or by this program. */
function isPeerGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}
