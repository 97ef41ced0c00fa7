/**
 * Being the process, for whoever started this command: its streams, its signals, its exit code.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import type { RemoteProcess } from "../client/remote_process.ts";
import { errnoCode } from "../system/errno.ts";
import { type ByteSink, writeAll } from "../system/io.ts";
import { BROKEN_PIPE, exitCodeOf } from "./exit_code.ts";

/** Two interrupts within this time mean: let go of it, in milliseconds. */
const TWICE_MS = 1_000;
/** How long a process may take to end when nobody reads it any more, in milliseconds. */
const BROKEN_PIPE_MS = 1_000;
const STDIN_BYTES = 64 << 10;

/** What is shown of it. */
export interface TransparentOptions {
  /** Whether stdin is passed on. */
  readonly feeds: boolean;
  /** Whether signals are passed on. */
  readonly signals: boolean;
  /** What to say when it is let go of. */
  readonly farewell: string;
}

/**
 * Stands for a process until it ends, or is let go of.
 *
 * @returns The exit code of this command.
 */
export async function beProcess(client: Client, process: RemoteProcess, options: TransparentOptions): Promise<number> {
  let isDetached = false;
  const detach = () => {
    isDetached = true;
    process.detach();
  };
  using _signals = passSignals(client, process.id, options, detach);
  if (options.feeds) void feed(process);
  try {
    await Promise.all([copy(process.stdout, Deno.stdout), copy(process.stderr, Deno.stderr)]);
    return exitCodeOf(await process.exit);
  } catch (error) {
    if (isDetached) {
      console.error(options.farewell);
      return 0;
    }
    if (errnoCode(error) !== "EPIPE") throw error;
    // Whoever read the output is gone. A process that was only looked at goes on.
    if (options.signals) await client.call("process.killAndWait", { id: process.id, timeoutMs: BROKEN_PIPE_MS });
    return BROKEN_PIPE;
  }
}

async function copy(from: ReadableStream<Uint8Array>, to: ByteSink): Promise<void> {
  for await (const piece of from) await writeAll(to, piece);
}

/** Passes stdin on, to its end. */
export async function feed(process: RemoteProcess): Promise<void> {
  const writer = process.stdin.getWriter();
  const buffer = new Uint8Array(STDIN_BYTES);
  try {
    for (let n = await Deno.stdin.read(buffer); n !== null; n = await Deno.stdin.read(buffer)) {
      await writer.write(buffer.slice(0, n));
    }
    await writer.close();
  } catch (error) {
    // It reads no more, or was let go of; how it ended is told elsewhere.
    if (!(error instanceof Error)) throw error;
  }
}

const PASSED: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

function passSignals(
  client: Client,
  id: string,
  { signals }: TransparentOptions,
  detach: () => void,
): Disposable {
  let last = -Infinity;
  let isLettingGo = false;
  const handlers = new Map<Deno.Signal, () => void>();
  for (const signal of Deno.build.os === "windows" ? PASSED.slice(0, 1) : PASSED) {
    handlers.set(signal, () => {
      const isTwice = signal === "SIGINT" && performance.now() - last < TWICE_MS;
      if (signal === "SIGINT") last = performance.now();
      isLettingGo ||= isTwice || !signals;
      if (isLettingGo) return detach();
      // It may have ended just now, and the daemon with it.
      client.call("process.kill", { id, signal }).catch((error) => {
        if (!(error instanceof Error)) throw error;
      });
    });
  }
  for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
  return {
    [Symbol.dispose]() {
      // Whoever presses once more while it ends makes it end no other way.
      if (isLettingGo) return;
      for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
    },
  };
}
