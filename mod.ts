/**
 * claustrum: hosts processes on a machine that you reach over SSH, and replays what a client missed.
 *
 * Run it as a program (`deno run -A jsr:@x/claustrum serve`), or import its parts. Nothing asks for a permission before
 * it is used; what each part needs stands in its documentation, and an error names one that is missing.
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

export { type Daemon, serve, type ServeOptions } from "./lib/daemon/serve.ts";
export { createLogger, type Logger, type LoggerOptions, type LogLevel, silentLogger } from "./lib/daemon/log.ts";
export * from "./lib/client/mod.ts";
export {
  type FetchFacts,
  install,
  type InstallFacts,
  type InstallOptions,
  type InstallProgress,
  type InstallSource,
} from "./lib/install/mod.ts";
export * from "./lib/process/mod.ts";

if (import.meta.main) {
  const { main } = await import("./cli.ts");
  Deno.exit(await main(Deno.args));
}
