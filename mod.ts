/**
 * claustrum: hosts processes on a machine that you reach over SSH, and replays what a client missed.
 *
 * Run it as a program (`deno run -A jsr:@x/claustrum serve`), or import its parts. This module has the main functions,
 * their options, results and errors; `./daemon`, `./supervisor`, `./client`, `./install` and `./wire` have the rest.
 *
 * Nothing asks for a permission before it is used: the documentation of each part names the permissions that it needs,
 * and an error names one that is missing.
 *
 * @example A daemon within a program
 * ```ts
 * import { serve, stop } from "@x/claustrum";
 *
 * const directory = await Deno.makeTempDir();
 * const socket = `${directory}/rpc.sock`;
 * await using daemon = await serve({ socket, token: "secret", useLoginPath: false });
 * console.log(await stop({ socket, token: "secret" })); // "stopped"
 * await daemon.finished;
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @module
 */

export { type Daemon, serve, ServeError, type ServeOptions, type ShutdownOptions } from "./lib/daemon/mod.ts";
export {
  type AttachOptions,
  bridge,
  type BridgeOptions,
  type CallOptions,
  type Client,
  connect,
  ConnectionLostError,
  type ConnectOptions,
  DaemonGoneError,
  DialError,
  type FollowProcessOptions,
  ProcessLostError,
  type RemoteProcess,
  type RemoteSpawnOptions,
  ReplayGapError,
  RpcCallError,
  StdinConflictError,
  stop,
  type StopOptions,
  type StopOutcome,
  TerminalError,
  type TerminalSize,
  TokenFileError,
  TokenRefusedError,
} from "./lib/client/mod.ts";
export { install, type InstallFacts, type InstallOptions } from "./lib/install/mod.ts";
export {
  type Frame,
  type ProcessExit,
  ReplaySupervisor,
  type ReplaySupervisorOptions,
  SpawnError,
  type SpawnSpec,
} from "./lib/process/mod.ts";
export { ClaustrumError } from "./lib/system/claustrum_error.ts";

/** Named for the runtime, which then fetches all modules of the command line together with this one; nobody calls it. */
const _fetched = () => import("./lib/cli/late_modules.ts");

if (import.meta.main) {
  const { main } = await import("./cli.ts");
  Deno.exit(await main(Deno.args));
}
