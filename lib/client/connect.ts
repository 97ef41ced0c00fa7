/**
 * The typed client: calls, processes and their frames over connections that come back (contract: Client).
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";
import { UNAUTHORIZED } from "../rpc/errors.ts";
import type { MethodName, Params, Result } from "../rpc/method_types.ts";
import { METHODS } from "../rpc/protocol.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { abortable } from "./abortable.ts";
import { dial } from "./dial.ts";
import { ConnectionLostError, RpcCallError } from "./errors.ts";
import { FrameQueue } from "./frame_queue.ts";
import { type DialOptions, ReconnectingConnection } from "./reconnecting_connection.ts";
import { ProcessFollower } from "./process_follower.ts";
import { type FollowProcessOptions, openProcess, type RemoteProcess } from "./remote_process.ts";
import { TokenRefusedError } from "./stop.ts";
import { readDaemonToken } from "./daemon_token.ts";
import type { Transport, WireConnection } from "./wire_connection.ts";

/** How long a daemon may be out of reach by default, in milliseconds. */
const GIVE_UP_MS = 10_000;

/** Which daemon, and how long to try. */
export interface ConnectOptions {
  /** The path of its socket. */
  readonly socket: string;
  /** Its token. @default {what daemon.token beside the socket holds, read anew for each connection} */
  readonly token?: string;
  /** Gives up the attempt to connect. */
  readonly signal?: AbortSignal;
  /** How long the daemon may be out of reach before all that waits for it fails, in milliseconds. @default {10000} */
  readonly giveUpMs?: number;
  /** Reaches the daemon in another way than by its socket. */
  readonly dial?: () => Promise<Transport>;
  /** The source of time. */
  readonly clock?: Clock;
  /** The source of chance, in [0, 1); spreads attempts to connect again. */
  readonly random?: () => number;
}

/** How a call is made. */
export interface CallOptions {
  /** Stops waiting for the answer. */
  readonly signal?: AbortSignal;
}

/** A process to start. */
export interface RemoteSpawnOptions extends FollowProcessOptions {
  /** What it is called; another one of that name is killed. @default {a new name} */
  readonly id?: string;
  /** A bare name, looked up where the daemon is, or a path. */
  readonly command: string;
  /** The arguments. */
  readonly args?: readonly string[];
  /** The working directory. @default {the daemon's} */
  readonly cwd?: string;
  /** Variables over those of the daemon. */
  readonly env?: Readonly<Record<string, string>>;
  /** Detaches from it. */
  readonly signal?: AbortSignal;
}

/** How a process that is there is followed. */
export interface AttachOptions extends FollowProcessOptions {
  /** The last frame that is not wanted. @default {0} */
  readonly fromSeq?: number;
  /** Whether it is followed without taking the stream from who has it, and without holding it up. @default {false} */
  readonly observe?: boolean;
  /** Detaches from it. */
  readonly signal?: AbortSignal;
}

/** The arguments of a call: params may be left out where none are needed. */
export type CallArguments<N extends MethodName> = undefined extends Params<N>
  ? [params?: undefined, options?: CallOptions]
  : Record<never, never> extends Params<N> ? [params?: Params<N>, options?: CallOptions]
  : [params: Params<N>, options?: CallOptions];

/** A client of a daemon. */
export interface Client extends AsyncDisposable {
  /**
   * Calls a method. When the connection is lost meanwhile, methods that may be repeated are; others fail.
   *
   * @throws {RpcCallError} If the daemon answers with an error.
   * @throws {ConnectionLostError} If whether it took effect is not known.
   * @throws {DaemonGoneError} If the daemon is out of reach for too long.
   */
  call<N extends MethodName>(method: N, ...args: CallArguments<N>): Promise<Result<N>>;
  /**
   * Calls a method that {@linkcode Client.call} has no type for.
   *
   * @param method Its whole name, like `process.list`.
   * @param params What it takes, as JSON.
   * @throws {RpcCallError} If the daemon answers with an error.
   * @throws {ConnectionLostError} If whether it took effect is not known.
   * @throws {DaemonGoneError} If the daemon is out of reach for too long.
   */
  request(method: string, params?: unknown, options?: CallOptions): Promise<unknown>;
  /** Starts a process; throws {@linkcode RpcCallError} if it cannot be started. */
  spawn(options: RemoteSpawnOptions): Promise<RemoteProcess>;
  /** Attaches to a process; throws {@linkcode ProcessLostError} if there is none. */
  attach(id: string, options?: AttachOptions): Promise<RemoteProcess>;
  /**
   * Gives the frames of a process, each once: those that are kept, then those to come, ending with the exit frame.
   * Throws {@linkcode ReplayGapError} where frames are lost; one may go on from its `lastMissing`.
   */
  frames(id: string, options?: Omit<AttachOptions, "discard">): AsyncGenerator<Frame>;
  /** Lets go of everything; what is pending fails. */
  close(): void;
}

/**
 * Connects to a daemon.
 *
 * @throws {DialError} If nobody listens on the socket.
 * @throws {TokenRefusedError} If the daemon does not take the token.
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
    dial: options.dial ?? (() => dial(socket)),
    token: () => token === undefined ? readDaemonToken(socket) : Promise.resolve(token),
    isTokenFromFile: token === undefined,
    giveUpMs,
    clock,
    random,
    track,
  };
  const greet = async (connection: WireConnection) => void await connection.request("server.ping", undefined);
  const mainConnection = new ReconnectingConnection({ dialOptions, onConnect: greet, failsFast: true });
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

function createClient(
  mainConnection: ReconnectingConnection,
  dialOptions: DialOptions,
  running: ReadonlySet<Promise<void>>,
): Client {
  const open = new Set<{ detach(): void }>();
  let isClosed = false;

  const call = async (method: string, given?: unknown, { signal }: CallOptions = {}): Promise<unknown> => {
    const params = given ?? (METHODS[method]?.params === undefined ? undefined : {});
    for (;;) {
      signal?.throwIfAborted();
      const connection = await abortable(mainConnection.connected(), signal);
      try {
        return await connection.request(method, params, signal);
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        if (method === "server.shutdown") return undefined;
        if (METHODS[method]?.isRepeatable !== true) throw error;
      }
    }
  };
  const own = (id: string) => ({
    dialOptions,
    register,
    kill: async (signal: string) => void await call("process.kill", { id, signal }),
  });

  function throwIfClosed(): void {
    if (isClosed) throw new ConnectionLostError("the client was closed");
  }

  /** Has the client's end detach from something, too. */
  function register(detach: () => void): () => void {
    const self = { detach };
    open.add(self);
    return () => void open.delete(self);
  }

  async function* framesOf(
    id: string,
    { fromSeq = 0, observe = false, signal, onGap, onTaken }: AttachOptions = {},
  ): AsyncGenerator<Frame> {
    throwIfClosed();
    signal?.throwIfAborted();
    const queue = new FrameQueue();
    using _follower = new ProcessFollower({
      dialOptions,
      id,
      fromSeq,
      observe,
      onFrame: (frame) => queue.push(frame),
      onEnd: () => queue.end(),
      onTaken,
      onGap: (gap) => onGap === undefined ? queue.fail(gap) : onGap(gap),
      onFailure: (error) => queue.fail(error),
    });
    const abort = () => queue.fail(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const forget = register(() => queue.fail(new ConnectionLostError("the client was closed")));
    try {
      yield* queue;
    } finally {
      forget();
      signal?.removeEventListener("abort", abort);
    }
  }

  function close(): void {
    isClosed = true;
    mainConnection.close();
    for (const { detach } of open) detach();
  }

  return {
    call: call as Client["call"],
    request: call,
    async spawn({ id = crypto.randomUUID(), command, args = [], cwd = "", env = {}, ...rest }) {
      throwIfClosed();
      const spawn = { command, args, cwd, env, exitDetail: true };
      return await openProcess({ ...rest, ...own(id), id, spawn, fromSeq: 0, observe: false });
    },
    async attach(id, { fromSeq = 0, observe = false, ...rest } = {}) {
      throwIfClosed();
      return await openProcess({ ...rest, ...own(id), id, fromSeq, observe });
    },
    frames: framesOf,
    close,
    async [Symbol.asyncDispose]() {
      close();
      await Promise.all(running);
    },
  };
}
