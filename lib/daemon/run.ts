/**
 * The daemon as a program of its own: takes the token, cleans the environment, gives up permissions and handles
 * signals (contract: Daemon life).
 *
 * @module
 */

import { configFiles, programAddress, resolveSettings } from "../config/config_file.ts";
import type { Settings } from "../config/settings.ts";
import { buildMismatch, type GenerationName, GENERATIONS, isGenerationName, SEED } from "../contract/generation.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import { type Logger, logLevelByName, stderrLogger } from "../system/log.ts";
import { lockHolder, type LockRecord } from "../system/lock_file.ts";
import { expandTilde } from "../system/path_text.ts";
import { daemonPaths } from "../system/paths.ts";
import { versionId } from "../version.ts";
import {
  DESCRIPTORS_MARKER,
  OWN_COMMAND,
  PROGRAM_MARKER,
  SPAWNED_MARKER,
  STAGING_MARKER,
} from "./launch/launch_environment.ts";
import { generateToken, readTokenDescriptor, takeTokenFile } from "./ownership/token.ts";
import { serveWith } from "./serve.ts";
import type { Daemon, ProcessFacts, ServeOptions } from "./serve_options.ts";

/** Where a daemon's token comes from. */
export type TokenSource =
  /** A file, which is removed once it has been read. */
  | { readonly kind: "file"; readonly path: string }
  /** An open descriptor, which is read to its end. */
  | { readonly kind: "descriptor"; readonly fd: number }
  /** A random token, which is stored only in `daemon.token`. */
  | { readonly kind: "generated" };

/** The variables that are meant for the daemon alone, and not for the processes that it starts. */
const INTERNAL_VARIABLES = [
  "CLAUDE_RPC_TOKEN",
  "DENO_NO_UPDATE_CHECK",
  SPAWNED_MARKER,
  DESCRIPTORS_MARKER,
  STAGING_MARKER,
  PROGRAM_MARKER,
  OWN_COMMAND,
];

/** Options of {@linkcode runDaemon}. */
export interface RunOptions {
  /** The path of the socket. */
  readonly socket: string;
  /** Where the token comes from. */
  readonly tokenSource: TokenSource;
  /** Whether to end a daemon that already serves the socket. */
  readonly takesOver: boolean;
  /** The settings from the command line; they win over the configuration files. */
  readonly settings?: Partial<Settings>;
  /** Called once the daemon listens. */
  readonly onReady: (daemon: Daemon) => void;
}

/**
 * Serves until a signal or a client stops the daemon.
 *
 * @throws {ServeError} If it cannot start; it never serves without a token.
 */
export async function runDaemon(options: RunOptions): Promise<void> {
  const { socket, tokenSource, takesOver, settings = {}, onReady } = options;
  const log = stderrLogger(logLevelByName(Deno.env.get("CLAUSTRUM_LOG_LEVEL")));
  const token = await obtainToken(tokenSource, log);
  const { program, facts } = await takeLaunchEnvironment();
  const files = configFiles({ env: Deno.env, program: programAddress(program) });
  const all = await resolveSettings(settings, (text) => log.warn(`[config] ${text}`), files);
  const contract = await contractToServe({ socket, settings, takesOver }, all);
  using signals = listenForStopSignals();
  await using daemon = await serveWith({
    socket: daemonPaths(socket).socket,
    token,
    log,
    existing: !takesOver ? "refuse" : all.handover ? "handover" : "replace",
    ...serveSettings(all, log),
    contract,
  }, facts);
  logContract(contract, { settings, all, log });
  await giveUpNetwork(daemon, facts.stagingPath, all["metrics-addr"]);
  signals.stopOnSignal(daemon);
  onReady(daemon);
  await daemon.finished;
}

/**
 * Returns the generation of the contract to serve. A daemon that hands over passes its own on, because its clients go
 * on as they began; only a flag changes it.
 */
async function contractToServe(
  { socket, settings = {}, takesOver }: Pick<RunOptions, "socket" | "settings" | "takesOver">,
  all: Settings,
): Promise<GenerationName> {
  const inherited = takesOver && all.handover ? contractOf(await lockHolder(daemonPaths(socket))) : undefined;
  return settings.contract ?? inherited ?? all.contract;
}

/** Logs which generation is served, once it is, and where it comes from if that is a surprise. */
function logContract(
  contract: GenerationName,
  { settings, all, log }: { settings: Partial<Settings>; all: Settings; log: Logger },
): void {
  log.info(`[daemon] serving contract = ${contract}`);
  if (settings.contract === undefined && contract !== all.contract) {
    log.info(`[daemon] contract = ${contract} comes from the daemon that hands over, not from the configuration`);
  }
  const mismatch = buildMismatch(all["version-override"], GENERATIONS[contract]);
  if (mismatch !== undefined) log.warn(`[daemon] ${mismatch}`);
}

function contractOf(holder: LockRecord | undefined): GenerationName | undefined {
  if (holder === undefined) return undefined;
  return isGenerationName(holder.contract) ? holder.contract : SEED.name;
}

async function obtainToken(source: TokenSource, log: Logger): Promise<string> {
  switch (source.kind) {
    case "file":
      return await takeTokenFile(source.path, (error) => {
        log.warn(`[daemon] failed to remove --token-file ${source.path}: ${errnoText(error)}`);
      });
    case "descriptor":
      return await readTokenDescriptor(source.fd);
    case "generated":
      return generateToken();
  }
}

/** The parts of the environment that describe how the daemon was started. */
interface LaunchEnvironment {
  /** The address of the program that the user ran. */
  readonly program: string;
  readonly facts: ProcessFacts;
}

/** Reads the variables that are meant for the daemon alone, and removes them from its environment. */
async function takeLaunchEnvironment(): Promise<LaunchEnvironment> {
  const environment = {
    program: Deno.env.get(PROGRAM_MARKER) ?? Deno.mainModule,
    facts: {
      // The launcher and `deno compile` both enable `--unstable-worker-options`.
      canNarrowWorkers: Deno.env.has(SPAWNED_MARKER) || Deno.build.standalone,
      maxDescriptors: await descriptorLimit(),
      stagingPath: Deno.env.get(STAGING_MARKER),
    },
  };
  for (const name of INTERNAL_VARIABLES) Deno.env.delete(name);
  return environment;
}

/** Returns the user's own limit: the launcher passes it on, and without a launcher the parent process has it. */
async function descriptorLimit(): Promise<number | undefined> {
  const passed = Number(Deno.env.get(DESCRIPTORS_MARKER));
  if (passed > 0) return passed;
  if (Deno.env.has(SPAWNED_MARKER)) return undefined;
  const { inheritedDescriptorLimit } = await import("./launch/descriptor_limit.ts");
  return await inheritedDescriptorLimit();
}

/** Turns settings into options of {@linkcode serve}; those that this system does not support are logged. */
function serveSettings(settings: Settings, log: Logger): Partial<ServeOptions> {
  if (settings["listen-pipe"] && Deno.build.os !== "windows") {
    log.warn(
      "[Server] -listen-pipe is only supported on Windows and is ignored: " +
        "other platforms serve JSON-RPC over the AF_UNIX socket directly",
    );
  }
  const { "wire-log": path, "wire-log-max-string": maxString } = settings;
  return {
    maxExtractBytes: settings["max-extract-bytes"],
    gitTimeoutMs: settings["git-timeout"],
    version: settings["version-override"] || versionId(),
    keepChildren: keepsChildren(settings, log),
    metricsAddress: settings["metrics-addr"],
    listenPipe: settings["listen-pipe"],
    logDirectory: logDirectory(settings["log-dir"], log),
    ...(path === "" ? {} : { wireLog: { path, maxString } }),
  };
}

function keepsChildren(settings: Settings, log: Logger): boolean {
  const isWanted = settings["keep-children"];
  if (isWanted && Deno.build.os === "windows") {
    log.warn("[Server] -keep-children is not supported on Windows and is ignored: processes end with the daemon");
    return false;
  }
  return isWanted;
}

/** Returns the directory of the logs of all processes; `""` for none. */
function logDirectory(configured: string, log: Logger): string {
  const path = expandTilde(configured, Deno.env.get("HOME")).replace(/(?<=.)\/+$/, "");
  if (path === "" || path.startsWith("/") || Deno.build.os === "windows") return path;
  log.warn(`[config] log-dir is ignored: ${JSON.stringify(configured)} is not an absolute path`);
  return "";
}

/** Gives up every network permission except the one to connect to retired daemons: the socket is open by now. */
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

/** How long processes may take to obey SIGTERM when a signal stops the daemon, in milliseconds. */
const GRACE_MS = 1_000;
/**
 * The exit code of a daemon that a late signal ends, and how long the daemon may take to stop by itself before that, in
 * milliseconds. SIGINT comes from a person at the keyboard; several daemons that take over may each send SIGTERM.
 */
const LATE_SIGNALS = { SIGINT: { code: 130, ms: 2_000 }, SIGTERM: { code: 143, ms: 10_000 } } as const;

interface StopSignals extends Disposable {
  /** Stops the daemon when a signal arrives, or at once if one has arrived already. */
  stopOnSignal(daemon: Daemon): void;
}

/** Listens before the daemon starts: a signal or a hang-up must not end it halfway through. */
function listenForStopSignals(clock: Clock = systemClock): StopSignals {
  const received = Promise.withResolvers<void>();
  let since: number | undefined;
  const stop = ({ code, ms }: { readonly code: number; readonly ms: number }) => {
    since ??= clock.elapsed();
    received.resolve();
    if (clock.elapsed() - since > ms) Deno.exit(code);
  };
  const ignore = () => {};
  // Windows has no SIGTERM; closing the console window ends the daemon there.
  const names = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGTERM", "SIGINT"] as const;
  const handlers = names.map((name) => [name, () => stop(LATE_SIGNALS[name])] as const);
  for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", ignore);
  return {
    stopOnSignal: (daemon) => void received.promise.then(() => daemon.shutdown({ graceMs: GRACE_MS })),
    [Symbol.dispose]() {
      for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
      if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", ignore);
    },
  };
}
