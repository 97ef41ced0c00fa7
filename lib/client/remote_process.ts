/**
 * A process of the daemon's, as its user knows processes: three streams and an exit (contract: Client).
 *
 * @module
 */

import type { Frame, ProcessExit, StreamName } from "../process/frame_codec.ts";
import { ProcessLostError, type ReplayGapError } from "./errors.ts";
import { OutputStream, type UnreadOutput } from "./output_stream.ts";
import { ProcessFollower, type ProcessFollowerOptions } from "./process_follower.ts";
import { StdinSender } from "./stdin_sender.ts";

/** How a process is followed. */
export interface FollowProcessOptions {
  /** Told of frames that are lost, after which the streams go on; without it they end with that error. */
  readonly onGap?: (gap: ReplayGapError) => void;
  /** Streams that nobody wants: they are dropped as they come. @default {none} */
  readonly discard?: readonly StreamName[];
  /**
   * What becomes of stderr while nobody reads it: `"drop"` keeps the newest MiB and counts the rest in
   * {@linkcode RemoteProcess.stderrDropped}, `"hold"` holds the process up. @default {"drop"}
   */
  readonly unreadStderr?: "drop" | "hold";
  /**
   * Called once when another client takes the stream. The output still arrives, as for an observer, and no longer
   * holds the process up.
   */
  readonly onTaken?: () => void;
}

/** A process that runs in the daemon, or did. */
export interface RemoteProcess extends AsyncDisposable {
  /** What it is called. */
  readonly id: string;
  /** The system's number of it, where the daemon is. */
  readonly pid: number;
  /** When it was started, in seconds since the epoch. */
  readonly startTime: number;
  /** Feeds it; its end closes the stdin of the process. */
  readonly stdin: WritableStream<Uint8Array>;
  /** What it prints; each byte once and in order, whatever happens to connections. Must be read or cancelled. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The same of its other stream, which need not be read; see {@linkcode FollowProcessOptions.unreadStderr}. */
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** How many bytes of stderr were dropped because nobody read it. */
  readonly stderrDropped: number;
  /** How it ended; settles always, with an error when that cannot be known. */
  readonly exit: Promise<ProcessExit>;
  /**
   * Sends a signal: `SIGKILL` to its whole group, others to the process alone. Does nothing once its exit is known: its
   * id may be that of another process by then.
   *
   * @param signal `SIGTERM` (the default), `SIGINT`, `SIGHUP` or `SIGKILL`.
   * @throws {ProcessLostError} If the daemon no longer has the process.
   * @throws {ConnectionLostError} If the client is closed meanwhile.
   */
  kill(signal?: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL"): Promise<void>;
  /** Lets go of it: it runs on, and may be attached to again. */
  detach(): void;
}

/** What makes a process known. */
export type OpenProcessOptions =
  & FollowProcessOptions
  & Pick<ProcessFollowerOptions, "dialOptions" | "id" | "fromSeq" | "observe">
  & {
    readonly spawn?: Readonly<Record<string, unknown>> | undefined;
    readonly signal?: AbortSignal | undefined;
    /** Sends a signal to the process. */
    readonly kill: (signal: string) => Promise<void>;
    /** Called with what detaches from the process, before it is known whether it runs; returns what forgets it. */
    readonly register: (detach: () => void) => () => void;
  };

/** Starts a process, or attaches to it; settles when it runs. */
export async function openProcess(options: OpenProcessOptions): Promise<RemoteProcess> {
  const { id, dialOptions, fromSeq, observe, spawn, signal, onGap, onTaken, kill, discard = [] } = options;
  const exit = Promise.withResolvers<ProcessExit>();
  exit.promise.catch(() => {}); // who wants to know is told; nobody may
  const unread = (stream: StreamName, otherwise: UnreadOutput) => discard.includes(stream) ? "discard" : otherwise;
  const output = {
    stdout: new OutputStream(unread("stdout", "hold")),
    stderr: new OutputStream(unread("stderr", options.unreadStderr ?? "drop")),
  };
  const sender = new StdinSender(id);
  let hasEnded = false;
  let lost: ProcessLostError | undefined;

  function end(error?: Error): void {
    output.stdout.end(error);
    output.stderr.end(error);
    sender.fail(error ?? new Deno.errors.BrokenPipe(`process "${id}" has ended`));
  }

  function take(frame: Frame): void | Promise<void> {
    if (frame.stream !== "exit") return output[frame.stream].push(frame.data);
    finish(frame.exit);
  }

  async function sendSignal(signal: string): Promise<void> {
    if (lost !== undefined) throw lost;
    if (!hasEnded) await kill(signal);
  }

  function finish(how: ProcessExit): void {
    hasEnded = true;
    end();
    exit.resolve(how);
  }

  const follower = new ProcessFollower({
    dialOptions,
    id,
    fromSeq,
    observe,
    ...(spawn === undefined ? {} : { spawn }),
    onFrame: take,
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

  const forget = options.register(detach);
  const abort = () => detach();
  signal?.addEventListener("abort", abort, { once: true });
  void exit.promise.then(() => {}, () => {}).then(() => {
    forget();
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
      detach,
      [Symbol.asyncDispose]: () => Promise.resolve(detach()),
    };
  } catch (error) {
    detach();
    throw signal?.aborted ? signal.reason : error;
  }
}
