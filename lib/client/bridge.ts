/**
 * The bridge: what SSH attaches to. Raw bytes both ways between two streams and the daemon's
 * socket, nothing added, nothing held back (contract: Bridge and stop).
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type ByteSink, type ByteSource, writeAll } from "../system/io.ts";
import { dial } from "./dial.ts";

/** As many as the socket gives at once. */
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
 * Permissions: `net` for `unix:` and the path of the socket; `read` and `write` for that path.
 *
 * @throws {DialError} If nobody listens on the socket.
 * @throws {ClaustrumError} If the input cannot be read, or the output cannot be written for another reason than that its
 * reader is gone.
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
  // Not awaited: when the daemon closes, the input may still be open with nobody to read it for.
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
      // The other direction sees the same end, and reports it.
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

/** The socket or the output is closed: by the daemon, by who reads the output, or by ourselves. */
function isPeerGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}
