/**
 * What a client of a daemon can do (contract: Client).
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";
import type { MethodName, Params, Result } from "../rpc/method_types.ts";
import type { FollowProcessOptions, RemoteProcess } from "./remote_process.ts";
import type { TerminalSize } from "./terminal_command.ts";

/** Options of a call. */
export interface CallOptions {
  /** Stops waiting for the reply when aborted; the request is not cancelled. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode Client.spawn}. */
export interface RemoteSpawnOptions extends FollowProcessOptions {
  /** The id of the process; another process with this id is killed. @default {a random UUID} */
  readonly id?: string;
  /** Whether an id that a running process has is refused instead. @default {false} */
  readonly fresh?: boolean;
  /** What the process is listed with, to find it by. An older daemon ignores it. @default {none} */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * When the process is started again after it has ended by itself: `always`, `on-failure`, `on-failure:N` or `no`. An
   * older daemon ignores it.
   *
   * @default {"no"}
   */
  readonly restart?: string;
  /** The name of a command, which the daemon looks up, or a path. */
  readonly command: string;
  /** The arguments. */
  readonly args?: readonly string[];
  /** The working directory. @default {the daemon's} */
  readonly cwd?: string;
  /** Environment variables, in addition to those of the daemon. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Whether the process gets nothing else from the daemon than `HOME`, `LOGNAME`, `PATH`, `SHELL` and `USER`. An older
   * daemon ignores it.
   *
   * @default {false}
   */
  readonly cleanEnv?: boolean;
  /**
   * The size of a terminal, in which the process then runs: stdout carries what it draws, and stderr nothing. The
   * machine of the daemon needs the programs `script` and `stty`.
   *
   * @default {no terminal}
   */
  readonly tty?: TerminalSize;
  /**
   * Whether its output also goes to rotated files in the daemon's directory of logs, or the path of such a file on the
   * daemon's machine. An older daemon ignores it.
   *
   * @default {as the daemon's configuration says}
   */
  readonly log?: boolean | string;
  /** Detaches from it. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode Client.attach}. */
export interface AttachOptions extends FollowProcessOptions {
  /** The `seq` after which frames are delivered. @default {0} */
  readonly fromSeq?: number;
  /** Whether to receive the stream without taking it over and without slowing the process. @default {false} */
  readonly observe?: boolean;
  /** Detaches from it. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode Client.frames}. */
export interface FramesOptions extends Omit<AttachOptions, "discard"> {
  /** Whether the frames have the times at which they came. An older daemon ignores it. @default {false} */
  readonly times?: boolean;
}

/** The arguments of a call after the method; params without required members may be omitted. */
export type CallArguments<N extends MethodName> = undefined extends Params<N>
  ? [params?: undefined, options?: CallOptions]
  : Record<never, never> extends Params<N> ? [params?: Params<N>, options?: CallOptions]
  : [params: Params<N>, options?: CallOptions];

/** A client of a daemon. It reconnects when the connection is lost. */
export interface Client extends AsyncDisposable {
  /**
   * Calls a method. If the connection is lost before the reply arrives, the call is repeated if that does no harm, and
   * fails otherwise.
   *
   * @throws {RpcCallError} If the daemon answers with an error.
   * @throws {ConnectionLostError} If whether it took effect is not known.
   * @throws {DaemonGoneError} If the daemon is out of reach for too long.
   */
  call<N extends MethodName>(method: N, ...args: CallArguments<N>): Promise<Result<N>>;
  /**
   * Calls a method for which {@linkcode Client.call} has no type.
   *
   * @param method The full name of the method, like `process.list`.
   * @param params The params of the method; any value that can be encoded as JSON.
   * @throws {RpcCallError} If the daemon answers with an error.
   * @throws {ConnectionLostError} If whether it took effect is not known.
   * @throws {DaemonGoneError} If the daemon is out of reach for too long.
   */
  request(method: string, params?: unknown, options?: CallOptions): Promise<unknown>;
  /** Starts a process; throws an {@linkcode RpcCallError} if that fails. */
  spawn(options: RemoteSpawnOptions): Promise<RemoteProcess>;
  /** Attaches to a process; throws a {@linkcode ProcessLostError} if the daemon does not have it. */
  attach(id: string, options?: AttachOptions): Promise<RemoteProcess>;
  /**
   * Yields each frame of a process once: first those in the replay buffer, then new ones, up to the exit frame. Throws
   * a {@linkcode ReplayGapError} if frames are missing; a new call with its `lastMissing` as `fromSeq` continues after
   * them.
   */
  frames(id: string, options?: FramesOptions): AsyncGenerator<Frame>;
  /** Closes all connections and detaches from all processes; pending operations fail. */
  close(): void;
}
