/**
 * The daemon, for a program that serves by itself instead of starting `claustrum serve`.
 *
 * @example Log to stderr, and end processes gently
 * ```ts
 * import { createLogger, serve } from "@x/claustrum/daemon";
 *
 * const directory = await Deno.makeTempDir();
 * const log = createLogger({ level: "warn", write: (line) => console.error(line.trimEnd()) });
 * const daemon = await serve({ socket: `${directory}/rpc.sock`, token: "secret", log, useLoginPath: false });
 * await daemon.shutdown({ graceMs: 500 });
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @module
 */

export { serve } from "./serve.ts";
export type { Daemon, ExistingDaemon, ServeOptions, ShutdownOptions } from "./serve_options.ts";
export { ServeError } from "../system/serve_error.ts";
export { ClaustrumError } from "../system/claustrum_error.ts";
export { type Clock } from "../system/clock.ts";
export { createLogger, type Logger, type LoggerOptions, type LogLevel, silentLogger } from "../system/log.ts";
