/**
 * The typed client: calls, processes and their frames, over connections that are reestablished (contract: Client).
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";
import { INVALID_PARAMS, UNAUTHORIZED } from "../rpc/errors.ts";
import { METHODS } from "../rpc/protocol.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { abortable } from "./abortable.ts";
import type { CallOptions, Client, FramesOptions } from "./client.ts";
import { dial } from "./dial.ts";
import { ConnectionLostError, RpcCallError } from "./errors.ts";
import { FrameQueue } from "./frame_queue.ts";
import { type DialOptions, ReconnectingConnection } from "./reconnecting_connection.ts";
import { ProcessFollower } from "./process_follower.ts";
import { openProcess } from "./remote_process.ts";
import { sharedDial } from "./shared_dial.ts";
import { TokenRefusedError } from "./stop.ts";
import { readDaemonToken } from "./daemon_token.ts";
import { terminalCommand, type TerminalSize } from "./terminal_command.ts";
import { resizeTerminal } from "./terminal_size.ts";
import type { Transport, WireConnection } from "./wire_connection.ts";

export type { AttachOptions, CallArguments, CallOptions, Client, FramesOptions, RemoteSpawnOptions } from "./client.ts";

/** The default of {@linkcode ConnectOptions.giveUpMs}, in milliseconds. */
const GIVE_UP_MS = 10_000;

/** Options of {@linkcode connect}. */
export interface ConnectOptions {
  /** The path of the daemon's socket. */
  readonly socket: string;
  /**
   * The token, or what returns it for each new connection: the daemon may have another one by then.
   *
   * @default {the content of daemon.token beside the socket, read again for each connection}
   */
  readonly token?: string | (() => string | Promise<string>);
  /** Aborts the first attempt to connect. */
  readonly signal?: AbortSignal;
  /** How long the daemon may be unreachable before pending operations fail, in milliseconds. @default {10000} */
  readonly giveUpMs?: number;
  /**
   * Connects to the daemon, over SSH for example. It is called for each connection; after a failure, once for all of them
   * at a time. A {@linkcode HostRefusedError} that it throws ends the client, a {@linkcode ConnectionLostError} or a
   * {@linkcode DialError} lets it try again, and any other error ends it, too.
   *
   * @default {connects to the socket}
   */
  readonly dial?: () => Promise<Transport>;
  /** The source of time. */
  readonly clock?: Clock;
  /** Returns a random number in [0, 1), which varies the pauses between attempts to reconnect. */
  readonly random?: () => number;
}

/**
 * Connects to a daemon.
 *
 * @throws {DialError} If no daemon listens on the socket.
 * @throws {TokenRefusedError} If the daemon refuses the token.
 * @throws {UnexpectedOutputError} If something else than a daemon answers, such as a shell that greets.
 *
 * @example
 * ```ts
 * import { connect, serve } from "@x/claustrum";
 *
 * const directory = await Deno.makeTempDir();
 * const socket = `${directory}/rpc.sock`;
 * {
 *   await using _daemon = await serve({ socket, token: "secret", useLoginPath: false });
 *   await using client = await connect({ socket });
 *   console.log(await client.call("files.stat", { path: "/" }));
 *   const child = await client.spawn({ command: "echo", args: ["hi"] });
 *   console.log(await new Response(child.stdout).text(), await child.exit); // "hi\n" { code: 0 }
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const { socket, token, signal, giveUpMs = GIVE_UP_MS, clock = systemClock, random = Math.random } = options;
  const running = new Set<Promise<void>>();
  const track = (work: Promise<void>) => {
    running.add(work);
    void work.then(() => running.delete(work));
  };
  const dialOptions: DialOptions = {
    dial: options.dial === undefined ? () => dial(socket) : sharedDial(options.dial),
    token: async () => {
      if (token === undefined) return await readDaemonToken(socket);
      return typeof token === "string" ? token : await token();
    },
    mayTokenChange: typeof token !== "string",
    giveUpMs,
    clock,
    random,
    track,
  };
  const ping = async (connection: WireConnection) => void await connection.request("server.ping", undefined);
  const mainConnection = new ReconnectingConnection({ dialOptions, onConnect: ping, failsFast: true });
  try {
    await abortable(mainConnection.connected(), signal);
  } catch (error) {
    mainConnection.close();
    await Promise.all(running);
    if (error instanceof RpcCallError && error.code === UNAUTHORIZED) {
      throw new TokenRefusedError(`the daemon on ${socket} refused the token`, { cause: error });
    }
    throw error;
  }
  return createClient(mainConnection, dialOptions, running);
}

/** Whether the daemon has no such process: a request that was repeated may have taken effect before. */
function isNotFound(error: unknown): boolean {
  return error instanceof RpcCallError && error.code === INVALID_PARAMS && error.message === "Process not found";
}

function createClient(
  mainConnection: ReconnectingConnection,
  dialOptions: DialOptions,
  running: ReadonlySet<Promise<void>>,
): Client {
  const closeListeners = new Set<{ detach(): void }>();
  let isClosed = false;

  const call = async (method: string, givenParams?: unknown, { signal }: CallOptions = {}): Promise<unknown> => {
    const params = givenParams ?? (METHODS[method]?.params === undefined ? undefined : {});
    for (let isRepeated = false;; isRepeated = true) {
      signal?.throwIfAborted();
      const connection = await abortable(mainConnection.connected(), signal);
      try {
        return await connection.request(method, params, signal);
      } catch (error) {
        if (isRepeated && method === "process.forget" && isNotFound(error)) return { success: true };
        if (!(error instanceof ConnectionLostError)) throw error;
        if (method === "server.shutdown") return undefined;
        if (METHODS[method]?.isRepeatable !== true) throw error;
      }
    }
  };
  const processContext = (id: string) => ({
    dialOptions,
    onClose,
    kill: async (signal: string) => void await call("process.kill", { id, signal }),
    resize: (size: TerminalSize) => resizeTerminal(client, id, size),
  });

  function throwIfClosed(): void {
    if (isClosed) throw new ConnectionLostError("the client was closed");
  }

  /** Calls a function when the client is closed. Returns a function that removes it. */
  function onClose(detach: () => void): () => void {
    const listener = { detach };
    closeListeners.add(listener);
    return () => void closeListeners.delete(listener);
  }

  async function* framesOf(
    id: string,
    { fromSeq = 0, observe = false, times = false, signal, onGap, onTaken }: FramesOptions = {},
  ): AsyncGenerator<Frame> {
    throwIfClosed();
    signal?.throwIfAborted();
    const queue = new FrameQueue();
    using _follower = new ProcessFollower({
      dialOptions,
      id,
      fromSeq,
      observe,
      times,
      onFrame: (frame) => queue.push(frame),
      onEnd: () => queue.end(),
      onTaken,
      onGap: (gap) => onGap === undefined ? queue.fail(gap) : onGap(gap),
      onFailure: (error) => queue.fail(error),
    });
    const abort = () => queue.fail(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const removeListener = onClose(() => queue.fail(new ConnectionLostError("the client was closed")));
    try {
      yield* queue;
    } finally {
      removeListener();
      signal?.removeEventListener("abort", abort);
    }
  }

  function close(): void {
    isClosed = true;
    mainConnection.close();
    for (const { detach } of closeListeners) detach();
  }

  const client: Client = {
    call: call as Client["call"],
    request: call,
    async spawn({ id = crypto.randomUUID(), command, args = [], cwd = "", env = {}, tty, ...options }) {
      throwIfClosed();
      const { fresh, restart, labels, log, cleanEnv, ...rest } = options;
      const words = tty === undefined ? { command, args } : terminalCommand([command, ...args], tty);
      const asked = {
        ...(fresh ? { fresh } : {}),
        ...(restart === undefined ? {} : { restart }),
        ...(labels === undefined ? {} : { labels }),
        ...(log === undefined ? {} : typeof log === "string" ? { logFile: log } : { log }),
        ...(cleanEnv ? { cleanEnv } : {}),
      };
      const spawn = { ...words, cwd, env, exitDetail: true, ...asked };
      return await openProcess({ ...rest, ...processContext(id), id, spawn, fromSeq: 0, observe: false });
    },
    async attach(id, { fromSeq = 0, observe = false, ...rest } = {}) {
      throwIfClosed();
      return await openProcess({ ...rest, ...processContext(id), id, fromSeq, observe });
    },
    frames: framesOf,
    close,
    async [Symbol.asyncDispose]() {
      close();
      await Promise.all(running);
    },
  };
  return client;
}
