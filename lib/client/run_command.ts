/**
 * Short commands, run where the daemon is, that leave no trace there: their output is collected, and the daemon forgets
 * them (contract: Extensions, `process.forget`).
 *
 * @module
 */

import { happensWithin, systemClock } from "../system/clock.ts";
import { concat } from "../system/io.ts";
import { abortable } from "./abortable.ts";
import type { Client } from "./client.ts";
import { CommandLimitError, RpcCallError } from "./errors.ts";
import type { RemoteProcess } from "./remote_process.ts";

/** How the ids of short commands begin; `claustrum ps` does not list them. */
export const HELPER_PREFIX = "hub/";
/** How much a command may print by default, in bytes. */
const MAX_BYTES = 8 << 20;
/** How long a command that is over may take to be killed and forgotten while the caller waits, in milliseconds. */
const CLEANUP_MS = 2_000;

/** A command to run. */
export interface RunCommandOptions {
  /** A bare name, looked up where the daemon is, or a path. */
  readonly command: string;
  /** The arguments. */
  readonly args: readonly string[];
  /** The working directory. @default {the daemon's} */
  readonly cwd?: string;
  /** Variables over those of the daemon. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from its stdin. @default {nothing} */
  readonly stdin?: Uint8Array;
  /** How much it may print, stdout and stderr together, in bytes. @default {8388608} */
  readonly maxBytes?: number;
  /** How long it may take, its start included, in milliseconds. @default {as long as it wants} */
  readonly timeoutMs?: number;
  /** Kills it. */
  readonly signal?: AbortSignal;
  /** How its id begins; the rest is random. @default {"hub/"} */
  readonly idPrefix?: string;
}

/** How a command ended, and all that it printed. */
export interface CommandResult {
  /** The exit code, -1 when a signal ended it. */
  readonly code: number;
  /** The signal that ended it, such as `SIGTERM`. */
  readonly signal?: string;
  /** What it printed to stdout. */
  readonly stdout: Uint8Array<ArrayBuffer>;
  /** What it printed to stderr. */
  readonly stderr: Uint8Array<ArrayBuffer>;
}

/**
 * Runs a short command in the daemon and collects what it prints. In the end the daemon forgets it, also when it fails;
 * an older daemon keeps it for 15 minutes. A command that is given up is killed with its group.
 *
 * @throws {RpcCallError} If it cannot be started.
 * @throws {CommandLimitError} If it prints too much, or does not end in time.
 * @throws The signal's reason.
 */
export async function runCommand(client: Client, options: RunCommandOptions): Promise<CommandResult> {
  const { command, args, cwd, env, stdin, maxBytes = MAX_BYTES, signal, idPrefix = HELPER_PREFIX } = options;
  signal?.throwIfAborted();
  const id = idPrefix + crypto.randomUUID();
  using ending = endSignal(options);
  // Not given up together with the command: the daemon may be about to start it, and only a known start can be undone.
  const starting = client.spawn({
    id,
    command,
    args,
    unreadStderr: "hold",
    log: false,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  });
  let isOver = false;
  try {
    const collecting = starting.then((process) => collect(process, command, stdin, maxBytes));
    const result = await abortable(collecting, ending.signal);
    isOver = true;
    return result;
  } finally {
    await happensWithin(cleanUp(client, id, starting, isOver), CLEANUP_MS, systemClock);
  }
}

/** A signal that is aborted when a command has to end: on request, or because its time is over. */
function endSignal({ command, signal, timeoutMs }: RunCommandOptions): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const cancel = timeoutMs === undefined ? undefined : systemClock.after(timeoutMs, () => {
    controller.abort(new CommandLimitError(`"${command}" did not end within ${timeoutMs} ms`));
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      cancel?.();
      signal?.removeEventListener("abort", abort);
    },
  };
}

async function collect(
  process: RemoteProcess,
  command: string,
  stdin: Uint8Array | undefined,
  maxBytes: number,
): Promise<CommandResult> {
  let size = 0;
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) {
      size += piece.length;
      if (size > maxBytes) throw new CommandLimitError(`"${command}" printed more than ${maxBytes} bytes`);
      pieces.push(piece);
    }
    return concat(pieces);
  };
  const [{ code, signal }, stdout, stderr] = await Promise.all([
    process.exit,
    read(process.stdout),
    read(process.stderr),
    feed(process, stdin),
  ]);
  return { code, ...(signal === undefined ? {} : { signal }), stdout, stderr };
}

/** Writes all of the input, as far as the command reads it before it ends. */
async function feed({ stdin }: RemoteProcess, input: Uint8Array | undefined): Promise<void> {
  const writer = stdin.getWriter();
  try {
    if (input !== undefined) await writer.write(input);
    await writer.close();
  } catch (error) {
    // A stream that the command's end has closed already refuses to be closed with a TypeError.
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof TypeError)) throw error;
  }
}

/** Kills a command unless it has ended, and has the daemon forget it; never rejects. */
async function cleanUp(client: Client, id: string, starting: Promise<RemoteProcess>, isOver: boolean): Promise<void> {
  try {
    await starting.then((process) => process.detach(), (error) => {
      // It was not started. After other failures it may have been.
      if (error instanceof RpcCallError) isOver = true;
    });
    if (!isOver) await client.call("process.killAndWait", { id, signal: "KILL", group: true });
    await client.call("process.forget", { id });
  } catch {
    // The daemon is older or gone, or has forgotten it already: how the command ended matters, and that is known.
  }
}
