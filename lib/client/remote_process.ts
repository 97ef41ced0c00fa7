/**
 * A process of the daemon's, as its user knows processes: three streams and an exit (library).
 *
 * @module
 */

import type { Frame, ProcessExit, StreamName } from "../process/frame_codec.ts";
import type { ReplayGapError } from "./errors.ts";
import { ProcessLink, type ProcessLinkOptions } from "./process_link.ts";
import { StdinSender } from "./stdin_sender.ts";

/** What a stream holds before its process has to wait, in bytes. */
const STREAM_BYTES = 1 << 20;

/** How a process is followed. */
export interface FollowProcessOptions {
  /** Told of frames that are lost, after which the streams go on; without it they end with that error. */
  readonly onGap?: (gap: ReplayGapError) => void;
  /** Streams that nobody wants: they are dropped as they come. @default {none} */
  readonly discard?: readonly StreamName[];
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
  /** The same of its other stream. */
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** How it ended. */
  readonly exit: Promise<ProcessExit>;
  /** Lets go of it: it runs on, and may be attached to again. */
  detach(): void;
}

/** What makes a process known. */
export type OpenProcessOptions =
  & FollowProcessOptions
  & Pick<ProcessLinkOptions, "reach" | "id" | "fromSeq" | "observe">
  & { readonly spawn?: Readonly<Record<string, unknown>> | undefined; readonly signal?: AbortSignal | undefined };

/** Starts a process, or attaches to it; settles when it runs. */
export async function openProcess(options: OpenProcessOptions): Promise<RemoteProcess> {
  const { id, reach, fromSeq, observe, spawn, signal, onGap, discard = [] } = options;
  const exit = Promise.withResolvers<ProcessExit>();
  exit.promise.catch(() => {}); // who wants to know is told; nobody may
  const output = {
    stdout: new OutputStream(discard.includes("stdout")),
    stderr: new OutputStream(discard.includes("stderr")),
  };
  const sender = new StdinSender(id);

  function end(error?: Error): void {
    output.stdout.end(error);
    output.stderr.end(error);
    sender.fail(error ?? new Deno.errors.BrokenPipe(`process "${id}" has ended`));
  }

  function take(frame: Frame): void | Promise<void> {
    if (frame.stream !== "exit") return output[frame.stream].push(frame.data);
    end();
    exit.resolve(frame.exit);
  }

  const link = new ProcessLink({
    reach,
    id,
    fromSeq,
    observe,
    ...(spawn === undefined ? {} : { spawn }),
    onFrame: take,
    onGap: (gap) => {
      if (onGap !== undefined) return onGap(gap);
      output.stdout.end(gap);
      output.stderr.end(gap);
    },
    onResume: (connection, applied) => sender.resume(connection, applied),
    onFailure: (error) => {
      end(error);
      exit.reject(error);
    },
  });

  function detach(): void {
    link.close();
    const error = new DOMException(`process "${id}" was detached`, "AbortError");
    end(error);
    exit.reject(error);
  }

  const abort = () => detach();
  signal?.addEventListener("abort", abort, { once: true });
  void exit.promise.then(() => {}, () => {}).then(() => signal?.removeEventListener("abort", abort));
  try {
    signal?.throwIfAborted();
    const { pid = 0, startTime = 0 } = await link.started();
    return {
      id,
      pid,
      startTime,
      stdin: sender.writable(),
      stdout: output.stdout.readable,
      stderr: output.stderr.readable,
      exit: exit.promise,
      detach,
      [Symbol.asyncDispose]: () => Promise.resolve(detach()),
    };
  } catch (error) {
    detach();
    throw signal?.aborted ? signal.reason : error;
  }
}

/** One output stream; its user sets the pace. */
class OutputStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(isDiscarded: boolean) {
    const sizes: QueuingStrategy<Uint8Array<ArrayBuffer>> = {
      highWaterMark: STREAM_BYTES,
      size: (chunk) => chunk?.length ?? 0,
    };
    this.readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#makeRoom(),
      cancel: () => this.#drop(),
    }, sizes);
    if (isDiscarded) this.end();
  }

  /** Takes a piece; settles when there is room for more. */
  push(data: Uint8Array<ArrayBuffer>): void | Promise<void> {
    if (this.#controller === undefined) return;
    this.#controller.enqueue(data);
    if ((this.#controller.desiredSize ?? 0) > 0) return;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  end(error?: Error): void {
    if (error === undefined) this.#controller?.close();
    else this.#controller?.error(error);
    this.#drop();
  }

  #drop(): void {
    this.#controller = undefined;
    this.#makeRoom();
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
