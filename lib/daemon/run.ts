/**
 * The daemon as a program of its own: token in, environment cleaned, permissions dropped, signals
 * heeded (contract: Daemon life).
 *
 * @module
 */

import { errnoText } from "../system/errno.ts";
import { daemonPaths } from "../system/paths.ts";
import { type Logger, logLevelByName, stderrLogger } from "../system/log.ts";
import { type Daemon, serveWith } from "./serve.ts";
import { resolveSettings } from "../config/config_file.ts";
import type { Settings } from "../config/settings.ts";
import { generateToken, readTokenDescriptor, takeTokenFile } from "./ownership/token.ts";
import { versionId } from "../version.ts";
import { DESCRIPTORS_MARKER, SPAWNED_MARKER, STAGING_MARKER } from "./launch/launch_environment.ts";

/** Where a daemon's token comes from. */
export type TokenSource =
  /** A file, which is unlinked once it is read. */
  | { readonly kind: "file"; readonly path: string }
  /** An open descriptor, read to its end. */
  | { readonly kind: "descriptor"; readonly fd: number }
  /** Made at random; it lands only in `daemon.token`. */
  | { readonly kind: "generated" };

/** What is meant for the daemon alone, and not for the processes that it starts. */
const INTERNAL_VARIABLES = [
  "CLAUDE_RPC_TOKEN",
  "DENO_NO_UPDATE_CHECK",
  SPAWNED_MARKER,
  DESCRIPTORS_MARKER,
  STAGING_MARKER,
];

/** How the program serves. */
export interface RunOptions {
  /** The path of the socket. */
  readonly socket: string;
  /** Where the token comes from. */
  readonly tokenSource: TokenSource;
  /** Whether a daemon that already serves the socket is asked to go. */
  readonly takesOver: boolean;
  /** What the command line says; it wins over the configuration. */
  readonly settings?: Partial<Settings>;
  /** Called once it listens. */
  readonly onReady: (daemon: Daemon) => void;
}

/**
 * Serves until a signal or a client ends it.
 *
 * @throws {ServeError} If it cannot start; it never serves without a token.
 */
export async function runDaemon({ socket, tokenSource, takesOver, settings = {}, onReady }: RunOptions): Promise<void> {
  const log = stderrLogger(logLevelByName(Deno.env.get("CLAUSTRUM_LOG_LEVEL")));
  const token = await obtainToken(tokenSource, (path, error) => {
    log.warn(`[daemon] failed to remove --token-file ${path}: ${errnoText(error)}`);
  });
  // Both the launcher and a build switch the runtime's narrowing of workers on.
  const canNarrowWorkers = Deno.env.has(SPAWNED_MARKER) || Deno.build.standalone;
  const maxDescriptors = await descriptorLimit();
  const stagingPath = Deno.env.get(STAGING_MARKER);
  for (const name of INTERNAL_VARIABLES) Deno.env.delete(name);
  const all = await resolveSettings(settings, (text) => log.warn(`[config] ${text}`));
  if (all["listen-pipe"] && Deno.build.os !== "windows") {
    log.warn(
      "[Server] -listen-pipe is only supported on Windows and is ignored: " +
        "other platforms serve JSON-RPC over the AF_UNIX socket directly",
    );
  }
  using signals = stopSignals();
  await using daemon = await serveWith({
    socket: daemonPaths(socket).socket,
    token,
    log,
    existing: !takesOver ? "refuse" : all.handover ? "handover" : "replace",
    maxExtractBytes: all["max-extract-bytes"],
    gitTimeoutMs: all["git-timeout"],
    version: all["version-override"] || versionId(),
    keepChildren: keepsChildren(all, log),
    metricsAddress: all["metrics-addr"],
    listenPipe: all["listen-pipe"],
    ...(all["wire-log"] === "" ? {} : { wireLog: { path: all["wire-log"], maxString: all["wire-log-max-string"] } }),
  }, { canNarrowWorkers, maxDescriptors, stagingPath });
  await giveUpNetwork(daemon, stagingPath, all["metrics-addr"]);
  signals.stops(daemon);
  onReady(daemon);
  await daemon.finished;
}

/** The socket is open by now, and nothing else is ever needed but the sockets of daemons that have retired. */
async function giveUpNetwork(
  { socket, relaysTo }: Daemon,
  stagingPath: string | undefined,
  metricsAddress: string,
): Promise<void> {
  if (relaysTo.length === 0) return void await Deno.permissions.revoke({ name: "net" });
  const { permissionHost } = await import("./observe/listen_address.ts");
  const hosts = [
    `unix:${socket}`,
    ...(stagingPath === undefined ? [] : [`unix:${stagingPath}`]),
    ...(metricsAddress === "" ? [] : [permissionHost(metricsAddress)]),
  ];
  for (const host of hosts) if (host !== undefined) await Deno.permissions.revoke({ name: "net", host });
}

/** The launcher knows what the user had; without one, whoever started us does. */
async function descriptorLimit(): Promise<number | undefined> {
  const told = Number(Deno.env.get(DESCRIPTORS_MARKER));
  if (told > 0) return told;
  if (Deno.env.has(SPAWNED_MARKER)) return undefined;
  const { inheritedDescriptorLimit } = await import("./launch/descriptor_limit.ts");
  return await inheritedDescriptorLimit();
}

function keepsChildren(settings: Settings, log: Logger): boolean {
  const isWanted = settings["keep-children"];
  if (isWanted && Deno.build.os === "windows") {
    log.warn("[Server] -keep-children is not supported on Windows and is ignored: processes end with the daemon");
    return false;
  }
  return isWanted;
}

async function obtainToken(source: TokenSource, onKept: (path: string, error: unknown) => void): Promise<string> {
  switch (source.kind) {
    case "file":
      return await takeTokenFile(source.path, (error) => onKept(source.path, error));
    case "descriptor":
      return await readTokenDescriptor(source.fd);
    case "generated":
      return generateToken();
  }
}

/** How long processes may take to obey SIGTERM when a signal stops the daemon, in milliseconds. */
const GRACE_MS = 1_000;
const STOP_SIGNALS: readonly Deno.Signal[] = ["SIGTERM", "SIGINT"];

/** Listens from the start: a daemon that only just begins must not be ended halfway, or by a hang-up. */
function stopSignals(): { stops(daemon: Daemon): void } & Disposable {
  const wanted = Promise.withResolvers<void>();
  const stop = () => wanted.resolve();
  const ignore = () => {};
  // Windows knows no SIGTERM; closing the console window ends the daemon there.
  const stopping = Deno.build.os === "windows" ? STOP_SIGNALS.slice(1) : STOP_SIGNALS;
  for (const signal of stopping) Deno.addSignalListener(signal, stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", ignore);
  return {
    stops: (daemon) => void wanted.promise.then(() => daemon.shutdown({ graceMs: GRACE_MS })),
    [Symbol.dispose]() {
      for (const signal of stopping) Deno.removeSignalListener(signal, stop);
      if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", ignore);
    },
  };
}
