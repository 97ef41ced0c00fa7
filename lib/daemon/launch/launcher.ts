/**
 * Starts the daemon in the background, in a session of its own and with only the permissions that it needs, and waits
 * until it is ready or has failed (contract: Daemon life).
 *
 * @module
 */

import { retiredDaemons, retiredFiles } from "../../handover/retired_files.ts";
import { logEnd, mayConnect, startNewLog, withOutputTo } from "../../system/background.ts";
import { lockHolder, type LockRecord, readLockRecord } from "../../system/lock_file.ts";
import { type DaemonPaths, daemonPaths, socketPathProblem } from "../../system/paths.ts";
import { ServeError } from "../../system/serve_error.ts";
import { inheritedDescriptorLimit } from "./descriptor_limit.ts";
import { preparePrivateDirectory } from "../../system/private_directory.ts";
import { inUseError } from "../ownership/lock.ts";
import {
  DESCRIPTORS_MARKER,
  PROGRAM_MARKER,
  SPAWNED_MARKER,
  STAGING_MARKER,
  TAKES_OVER,
} from "./launch_environment.ts";
import { isLive, newStagingPath } from "../../system/private_socket.ts";
import type { ExistingDaemon } from "../serve_options.ts";

/** How long the daemon may take until it accepts connections if it first has to stop another one, in milliseconds. */
const TAKING_OVER_MS = 15_000;
const POLL_MS = 5;
/** How long to look for the daemon that has replaced one that died without a word, in milliseconds. */
const SUCCESSOR_MS = 3_000;

/** The program that runs as the daemon. An executable starts itself instead. */
export interface DaemonProgram {
  /** The address of its main module. */
  readonly module: string;
  /** Whether the runtime looks for a `deno.json` on its behalf. */
  readonly needsConfig: boolean;
}

/** Options of {@linkcode launch}. */
export interface LaunchOptions {
  /** The program that runs as the daemon. */
  readonly program: DaemonProgram;
  /** The path of the socket. */
  readonly socket: string;
  /** The token, or the path of the file that the daemon reads it from. */
  readonly token: { readonly text: string } | { readonly file: string };
  /** How long the daemon may take until it accepts connections, in milliseconds. */
  readonly readyMs: number;
  /** What happens to a daemon that already serves the socket. */
  readonly existing: ExistingDaemon;
  /** An address that the daemon may listen on in addition to its socket, in the syntax of `--allow-net`. */
  readonly metricsHost?: string | undefined;
  /** Further flags of the daemon's command line. */
  readonly flags?: readonly string[];
  /** The variables of this program's environment that the daemon does not get. @default {none} */
  readonly withoutVariables?: readonly string[] | undefined;
}

/** A daemon that runs in the background. */
export interface Launched {
  /** The id of its process. */
  readonly pid: number;
  /** The paths of its files. */
  readonly paths: DaemonPaths;
}

/**
 * Returns the daemon that holds the lock of a socket's directory; `undefined` if there is none.
 *
 * @throws {ServeError} If that daemon serves another socket.
 */
export async function findDaemon(socket: string): Promise<Launched | undefined> {
  const paths = daemonPaths(socket);
  const holder = await lockHolder(paths);
  if (holder === undefined) return undefined;
  if (holder.socket !== paths.socket) throw inUseError(paths, holder);
  return { pid: holder.pid, paths };
}

/**
 * Starts the daemon and waits until it accepts connections.
 *
 * @throws {ServeError} If the daemon dies, with the last lines of its log, or if it is not ready after ten seconds.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { token } = options;
  const paths = daemonPaths(options.socket);
  // The runtime separates the entries of its permission lists with commas.
  if (paths.socket.includes(",")) throw new ServeError(`socket path must not contain a comma: ${paths.socket}`);
  await preparePrivateDirectory(paths.directory);
  // The launcher checks this before it replaces the log, which the running daemon is using.
  const holder = await lockHolder(paths);
  if (holder !== undefined && (options.existing === "refuse" || holder.socket !== paths.socket)) {
    throw inUseError(paths, holder);
  }
  const maxDescriptors = await inheritedDescriptorLimit();
  const retired = (await retiredDaemons(paths.retired)).map(({ files }) => files.socket);
  if (options.existing === "handover" && holder !== undefined) retired.push(retiredSocket(paths, holder));
  const stagingPath = newStagingPath(paths);
  const launch: Launch = { paths, maxDescriptors, retired, stagingPath, hasLog: await startNewLog(paths.log) };
  const child = startDetached(launch, options);
  await sendToken(child, token);
  await waitUntilReady(child, launch, holder === undefined ? options.readyMs : TAKING_OVER_MS);
  child.unref();
  return { pid: child.pid, paths };
}

/** A daemon that is being started. */
interface Launch {
  readonly paths: DaemonPaths;
  /** How many descriptors its processes may have open. */
  readonly maxDescriptors: number | undefined;
  /** The sockets of daemons that have retired, or will. */
  readonly retired: readonly string[];
  /** The path that it may bind its socket to before it publishes the socket. */
  readonly stagingPath: string | undefined;
  /** Whether its output is appended to the log; otherwise it inherits the output of the launcher. */
  readonly hasLog: boolean;
}

/** Returns the path of the socket of a daemon once it has retired. */
function retiredSocket({ retired }: DaemonPaths, { instanceId }: LockRecord): string {
  const { socket } = retiredFiles(retired, instanceId);
  if (socketPathProblem(socket) !== undefined) {
    throw new ServeError(`cannot hand over: the socket path of the retired daemon is too long: ${socket}`);
  }
  return socket;
}

function startDetached(launch: Launch, options: LaunchOptions): Deno.ChildProcess {
  const { paths, hasLog, maxDescriptors, stagingPath } = launch;
  const { token, existing, flags = [], withoutVariables } = options;
  const source = "file" in token ? ["-token-file", token.file] : ["-token-fd", "0"];
  const command = [...daemonCommand(launch, options), "-serve", "-socket", paths.socket, ...source, ...flags];
  const stdio = hasLog ? "null" : "inherit";
  return new Deno.Command(...withOutputTo(command, hasLog ? paths.log : undefined, {
    env: {
      [SPAWNED_MARKER]: existing === "refuse" ? "alone" : TAKES_OVER,
      [PROGRAM_MARKER]: Deno.mainModule,
      ...(maxDescriptors === undefined ? {} : { [DESCRIPTORS_MARKER]: String(maxDescriptors) }),
      ...(stagingPath === undefined ? {} : { [STAGING_MARKER]: stagingPath }),
    },
    stdin: "text" in token ? "piped" : "null",
    stdout: stdio,
    stderr: stdio,
    detached: true,
  }, withoutVariables)).spawn();
}

/** The daemon's command line, with only the permissions that it needs; an executable has them built in. */
function daemonCommand({ paths, retired, stagingPath }: Launch, { program, metricsHost }: LaunchOptions): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const hosts = [
    ...[paths.socket, ...(stagingPath === undefined ? [] : [stagingPath]), ...retired].map((path) => `unix:${path}`),
    ...(metricsHost ? [metricsHost] : []),
  ];
  const permissions = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys"];
  return [
    // The cache of compiled code saves 10 ms of a start and costs 1.7 MB for as long as the daemon runs.
    ...[Deno.execPath(), "run", "--no-prompt", "--quiet", "--unstable-worker-options", "--no-code-cache"],
    // The configuration takes 1.6 MB of memory.
    ...(program.needsConfig ? [] : ["--no-config"]),
    ...permissions,
    `--allow-net=${hosts.join(",")}`,
    program.module,
  ];
}

async function sendToken(child: Deno.ChildProcess, token: LaunchOptions["token"]): Promise<void> {
  if (!("text" in token)) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(token.text));
    await writer.close();
  } catch (error) {
    // The daemon died before it read the token; its log contains the reason.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function waitUntilReady(child: Deno.ChildProcess, launch: Launch, ms: number): Promise<void> {
  let hasDied = false;
  void child.status.then(() => hasDied = true);
  const deadline = performance.now() + ms;
  while (!await isReady(child.pid, launch)) {
    if (hasDied) throw new ServeError(await deathMessage(launch));
    if (performance.now() > deadline) {
      child.kill("SIGKILL");
      const reason = failureReason(launch);
      const before = reason === "" ? "" : `${reason}\nclaustrum: `;
      throw new ServeError(`${before}timeout waiting for daemon to accept on ${launch.paths.socket}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function deathMessage(launch: Launch): Promise<string> {
  const { paths } = launch;
  const deadline = performance.now() + SUCCESSOR_MS;
  for (;;) {
    const holder = await lockHolder(paths);
    if (holder?.socket === paths.socket) return `another daemon (pid ${holder.pid}) took over ${paths.socket}`;
    if (!launch.hasLog) return "the daemon died while starting; its output is above, because its log cannot be written";
    const reason = failureReason(launch);
    if (reason !== "") return reason;
    // A daemon that another one replaces logs nothing, and the other one may not have written its record yet.
    if (performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return `daemon died while starting and wrote nothing to ${paths.log}: is the disk full?`;
}

async function isReady(pid: number, { paths }: Launch): Promise<boolean> {
  if (readLockRecord(paths.lock)?.pid !== pid) return false;
  return !await mayConnect(paths.socket) || await isLive(paths.socket);
}

/** Returns the end of the daemon's log; `""` if there is no log. */
function failureReason({ paths, hasLog }: Launch): string {
  return hasLog ? logEnd(paths.log) : "";
}
