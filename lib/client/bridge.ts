/**
 * The bridge: what SSH attaches to. Raw bytes both ways between two streams and the daemon's
 * socket, nothing added, nothing held back (daemon 3).
 *
 * @module
 */

import { type ByteSink, type ByteSource, writeAll } from "../system/io.ts";
import { dial } from "./dial.ts";

/** Matches what the socket gives at once. */
const DOWN_BYTES = 256 << 10;
const UP_BYTES = 64 << 10;

/** What is bridged to what. */
export interface BridgeOptions {
  /** The path of the daemon's socket. */
  readonly socket: string;
  /** Goes to the daemon; its end half-closes the socket. @default {stdin} */
  readonly input?: ByteSource;
  /** Gets what the daemon sends. @default {stdout} */
  readonly output?: ByteSink;
  /** Ends the bridge. */
  readonly signal?: AbortSignal;
}

/**
 * Bridges until the daemon closes, or the output does.
 *
 * @throws {DialError} If nobody listens on the socket.
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
  const stop = () => conn.close();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    // Not awaited: when the daemon closes, the input may still be open with nobody to read it for.
    void copyUp(input, conn);
    await copy(conn, output, new Uint8Array(DOWN_BYTES));
  } catch (error) {
    if (!isPeerGone(error)) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    if (signal?.aborted !== true) conn.close();
  }
  signal?.throwIfAborted();
}

async function copyUp(input: ByteSource, conn: Deno.UnixConn): Promise<void> {
  try {
    await copy(input, conn, new Uint8Array(UP_BYTES));
    await conn.closeWrite();
  } catch (error) {
    // The other direction sees the same end, and tells it.
    if (!isPeerGone(error)) throw error;
  }
}

async function copy(from: ByteSource, to: ByteSink, buffer: Uint8Array): Promise<void> {
  for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
    await writeAll(to, buffer.subarray(0, n));
  }
}

/** The socket or the output is closed: by the daemon, by who reads the output, or by ourselves. */
function isPeerGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}
