/**
 * The typed client of a daemon, the bridge to a daemon, and stopping a daemon. All of them need the permissions `net`
 * for `unix:` and the path of the socket, and `read` and `write` for that path; {@linkcode connect} and
 * {@linkcode stop} also need `read` for `daemon.token` beside the socket, unless they get the token as an option.
 *
 * @example Run a command in the daemon, over a connection that may be lost
 * ```ts ignore
 * import { connect } from "jsr:@x/claustrum/client";
 *
 * await using client = await connect({ socket: "/run/user/1000/claustrum/rpc.sock" });
 * const child = await client.spawn({ command: "make", args: ["-j8"] });
 * await child.stdout.pipeTo(Deno.stdout.writable, { preventClose: true });
 * console.log(await child.exit);
 * ```
 *
 * @example Run a command in a terminal
 * ```ts ignore
 * const shell = await client.spawn({ command: "bash", tty: { columns: 80, rows: 24 } });
 * await shell.resize({ columns: 120, rows: 40 });
 * ```
 *
 * @module
 */

export {
  type AttachOptions,
  type CallArguments,
  type CallOptions,
  type Client,
  connect,
  type ConnectOptions,
  type FramesOptions,
  type RemoteSpawnOptions,
} from "./connect.ts";
export { type FollowProcessOptions, type RemoteProcess } from "./remote_process.ts";
export { type TerminalSize } from "./terminal_command.ts";
export { type CommandResult, runCommand, type RunCommandOptions } from "./run_command.ts";
export { type Transport } from "./wire_connection.ts";
export {
  CommandLimitError,
  ConnectionLostError,
  DaemonGoneError,
  HostRefusedError,
  ProcessLostError,
  ReplayGapError,
  RpcCallError,
  StdinConflictError,
  TerminalError,
  TokenFileError,
  UnexpectedOutputError,
} from "./errors.ts";
export { bridge, type BridgeOptions } from "./bridge.ts";
export { stop, type StopOptions, type StopOutcome, TokenRefusedError } from "./stop.ts";
export { DialError } from "./dial.ts";
export {
  type DataFrame,
  type ExitFrame,
  type Frame,
  type KillReason,
  type ProcessExit,
  type StreamName,
} from "../process/frame_codec.ts";
export type { MethodName, Methods, Params, Result } from "../rpc/method_types.ts";
export { type ByteSink, type ByteSource } from "../system/io.ts";
export { type Clock } from "../system/clock.ts";
export { ClaustrumError } from "../system/claustrum_error.ts";
