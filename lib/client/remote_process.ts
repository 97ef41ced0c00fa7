/**
 * A process of the daemon as a local object with three streams and an exit (contract: Client).
 *
 * @module
 */

import type { Frame, ProcessExit, StreamName } from "../process/frame_codec.ts";
import { ProcessLostError, type ReplayGapError } from "./errors.ts";
import { OutputStream, type UnreadOutput } from "./output_stream.ts";
import { ProcessFollower, type ProcessFollowerOptions } from "./process_follower.ts";
import { StdinSender } from "./stdin_sender.ts";
import type { TerminalSize } from "./terminal_command.ts";

/** Options that {@linkcode Client.spawn} and {@linkcode Client.attach} share. */
export interface FollowProcessOptions {
  /** Called when frames are missing, after which the streams continue. Without it, the streams fail with the error. */
  readonly onGap?: (gap: ReplayGapError) => void;
  /** The streams whose output is dropped. @default {none} */
  readonly discard?: readonly StreamName[];
  /**
   * What happens to stderr while it is not read: `"drop"` keeps the newest MiB and counts the rest in
   * {@linkcode RemoteProcess.stderrDropped}, `"hold"` pauses the process. @default {"drop"}
   */
  readonly unreadStderr?: "drop" | "hold";
  /**
   * Called once when another client takes over the stream. This client then continues as an observer: it still
   * receives the output, but no longer slows the process.
   */
  readonly onTaken?: () => void;
}

/** A process of the daemon, running or ended. */
export interface RemoteProcess extends AsyncDisposable {
  /** The id of the process. */
  readonly id: string;
  /** The pid of the process, on the machine of the daemon. */
  readonly pid: number;
  /** The time at which the process was started, in seconds since the epoch. */
  readonly startTime: number;
  /** The stdin of the process, which is closed with the stream. */
  readonly stdin: WritableStream<Uint8Array>;
  /** The stdout of the process: each byte once and in order, also if connections are lost. Read it or cancel it. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The stderr of the process. It need not be read; see {@linkcode FollowProcessOptions.unreadStderr}. */
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The number of bytes of stderr that were dropped because it was not read. */
  readonly stderrDropped: number;
  /** How the process ended. Always settles; rejects if that cannot be found out. */
  readonly exit: Promise<ProcessExit>;
  /**
   * Sends a signal: `SIGKILL` to the whole process group, others to the process alone. Does nothing once the exit is
   * known, because another process may then have the id.
   *
   * @param signal `SIGTERM` (the default), `SIGINT`, `SIGHUP` or `SIGKILL`.
   * @throws {ProcessLostError} If the daemon no longer has the process.
   * @throws {ConnectionLostError} If the client is closed before the daemon replies.
   */
  kill(signal?: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL"): Promise<void>;
  /**
   * Changes the size of the terminal in which the process runs. It is told also if the size stays as it is, so that it
   * draws its screen again.
   *
   * @throws {TerminalError} If the process has no terminal, or has ended.
   */
  resize(size: TerminalSize): Promise<void>;
  /** Detaches from the process, which continues to run; a client can attach to it again. */
  detach(): void;
}

/** Options of {@linkcode openProcess}. */
export type OpenProcessOptions =
  & FollowProcessOptions
  & Pick<ProcessFollowerOptions, "dialOptions" | "id" | "fromSeq" | "observe">
  & {
    readonly spawn?: Readonly<Record<string, unknown>> | undefined;
    readonly signal?: AbortSignal | undefined;
    /** Sends a signal to the process. */
    readonly kill: (signal: string) => Promise<void>;
    /** Changes the size of its terminal. */
    readonly resize: (size: TerminalSize) => Promise<void>;
    /** Registers a function to call when the client is closed. Returns a function that removes it. */
    readonly onClose: (detach: () => void) => () => void;
  };

/** Starts a process, or attaches to it; settles once it is known to the daemon. */
export async function openProcess(options: OpenProcessOptions): Promise<RemoteProcess> {
  const { id, dialOptions, fromSeq, observe, spawn, signal, onGap, onTaken, kill, resize, discard = [] } = options;
  const exit = Promise.withResolvers<ProcessExit>();
  exit.promise.catch(() => {}); // the caller may never wait for the exit
  const unreadOutput = (stream: StreamName, otherwise: UnreadOutput) =>
    discard.includes(stream) ? "discard" : otherwise;
  const output = {
    stdout: new OutputStream(unreadOutput("stdout", "hold")),
    stderr: new OutputStream(unreadOutput("stderr", options.unreadStderr ?? "drop")),
  };
  const sender = new StdinSender(id);
  let hasEnded = false;
  let lost: ProcessLostError | undefined;

  function end(error?: Error): void {
    output.stdout.end(error);
    output.stderr.end(error);
    sender.fail(error ?? new Deno.errors.BrokenPipe(`process "${id}" has ended`));
  }

  function deliver(frame: Frame): void | Promise<void> {
    if (frame.stream !== "exit") return output[frame.stream].push(frame.data);
    finish(frame.exit);
  }

  async function sendSignal(signal: string): Promise<void> {
    if (lost !== undefined) throw lost;
    if (!hasEnded) await kill(signal);
  }

  function finish(processExit: ProcessExit): void {
    hasEnded = true;
    end();
    exit.resolve(processExit);
  }

  const follower = new ProcessFollower({
    dialOptions,
    id,
    fromSeq,
    observe,
    ...(spawn === undefined ? {} : { spawn }),
    onFrame: deliver,
    onEnd: finish,
    onTaken,
    onGap: (gap) => {
      if (onGap !== undefined) return onGap(gap);
      output.stdout.end(gap);
      output.stderr.end(gap);
    },
    onResume: (connection, applied) => sender.resume(connection, applied),
    onFailure: (error) => {
      if (error instanceof ProcessLostError) lost = error;
      end(error);
      exit.reject(error);
    },
  });

  function detach(): void {
    follower.close();
    const error = new DOMException(`process "${id}" was detached`, "AbortError");
    end(error);
    exit.reject(error);
  }

  const removeListener = options.onClose(detach);
  const abort = () => detach();
  signal?.addEventListener("abort", abort, { once: true });
  void exit.promise.then(() => {}, () => {}).then(() => {
    removeListener();
    signal?.removeEventListener("abort", abort);
  });
  try {
    signal?.throwIfAborted();
    const { pid = 0, startTime = 0 } = await follower.started();
    return {
      id,
      pid,
      startTime,
      stdin: sender.writable(),
      stdout: output.stdout.readable,
      stderr: output.stderr.readable,
      get stderrDropped() {
        return output.stderr.dropped;
      },
      exit: exit.promise,
      kill: (signal = "SIGTERM") => sendSignal(signal),
      resize,
      detach,
      [Symbol.asyncDispose]: () => Promise.resolve(detach()),
    };
  } catch (error) {
    detach();
    throw signal?.aborted ? signal.reason : error;
  }
}
