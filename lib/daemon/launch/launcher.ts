/**
 * Starting the daemon in the background: a process in a session of its own, with only the
 * permissions it needs, whose readiness or failure is waited for (contract: Daemon life).
 *
 * @module
 */

import { retiredDaemons, retiredFiles } from "../../handover/retired_files.ts";
import { errnoCode } from "../../system/errno.ts";
import { type DaemonPaths, daemonPaths, socketPathProblem } from "../../system/paths.ts";
import { FatalError } from "../../system/fatal.ts";
import { isThere } from "../../system/private_files.ts";
import { inheritedDescriptorLimit } from "./descriptor_limit.ts";
import { preparePrivateDirectory } from "../ownership/directory.ts";
import { inUseError, lockHolder, type LockRecord, readLockRecord } from "../ownership/lock.ts";
import {
  DESCRIPTORS_MARKER,
  PROGRAM_MARKER,
  SPAWNED_MARKER,
  STAGING_MARKER,
  TAKES_OVER,
} from "./launch_environment.ts";
import { isLive, newStagingPath } from "../ownership/socket.ts";

/** How long the daemon may take until it answers, in milliseconds. */
const READY_MS = { alone: 10_000, takingOver: 15_000 };
const POLL_MS = 5;
/** How often a log may be taken from under us by others that start at the same time. */
const LOG_ATTEMPTS = 100;
/** What of the log's end is shown when the daemon died, in bytes. */
const MAX_SHOWN_BYTES = 4_096;
/** Where an error came from is for the log. */
const STACK_LINE = /^\s+at /;

/** The program that runs as the daemon. An executable starts itself instead. */
export interface DaemonProgram {
  /** The address of its main module. */
  readonly module: string;
  /** Whether the runtime looks for a `deno.json` on its behalf. */
  readonly needsConfig: boolean;
}

/** How the daemon is to be started. */
export interface LaunchOptions {
  /** The program that runs as the daemon. */
  readonly program: DaemonProgram;
  /** The path of the socket. */
  readonly socket: string;
  /** A token to hand over; or the file that the daemon takes it from. */
  readonly token: { readonly text: string } | { readonly file: string };
  /** Whether a daemon that already serves the socket is asked to go. */
  readonly takesOver: boolean;
  /** Whether that daemon is asked to retire, with its processes. @default {false} */
  readonly handover?: boolean;
  /** An address that the daemon may listen on, besides its socket, as the runtime's permissions name it. */
  readonly metricsHost?: string | undefined;
  /** More of the classic flags, as they are to stand on its command line. */
  readonly flags?: readonly string[];
}

/** A daemon in the background. */
export interface Launched {
  /** Its process. */
  readonly pid: number;
  /** Its files. */
  readonly paths: DaemonPaths;
}

/**
 * The daemon that holds the lock beside a socket; `undefined` when there is none.
 *
 * @throws {FatalError} If it holds it for another socket.
 */
export async function findRunning(socket: string): Promise<Launched | undefined> {
  const paths = daemonPaths(socket);
  const holder = await lockHolder(paths);
  if (holder === undefined) return undefined;
  if (holder.socket !== paths.socket) throw inUseError(paths, holder);
  return { pid: holder.pid, paths };
}

/**
 * Starts the daemon and waits until it answers.
 *
 * @throws {FatalError} With the daemon's own last words if it dies, or after ten seconds.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { token } = options;
  const paths = daemonPaths(options.socket);
  // The runtime separates the entries of its permission lists by commas.
  if (paths.socket.includes(",")) throw new FatalError(`socket path must not contain a comma: ${paths.socket}`);
  await preparePrivateDirectory(paths.directory);
  // Told here and not by the daemon that is started: the log that it would begin anew is in use.
  const holder = await lockHolder(paths);
  if (holder !== undefined && (!options.takesOver || holder.socket !== paths.socket)) throw inUseError(paths, holder);
  const maxDescriptors = await inheritedDescriptorLimit();
  const retired = (await retiredDaemons(paths.retired)).map(({ files }) => files.socket);
  if (options.handover === true && holder !== undefined) retired.push(retiredSocket(paths, holder));
  const stagingPath = newStagingPath(paths);
  const launch: Launch = { paths, maxDescriptors, retired, stagingPath, hasLog: await startNewLog(paths.log) };
  const child = startDetached(launch, options);
  await sendToken(child, token);
  await waitUntilReady(child, launch, holder === undefined ? READY_MS.alone : READY_MS.takingOver);
  child.unref();
  return { pid: child.pid, paths };
}

/** What is known of a daemon that is being started. */
interface Launch {
  readonly paths: DaemonPaths;
  /** How many descriptors its children may have open. */
  readonly maxDescriptors: number | undefined;
  /** The sockets of daemons that have retired, or will. */
  readonly retired: readonly string[];
  /** The name that it may bind its socket with. */
  readonly stagingPath: string | undefined;
  /** Whether its output goes to the log. */
  readonly hasLog: boolean;
}

/** Where a daemon is found once it has retired. */
function retiredSocket({ retired }: DaemonPaths, { instanceId }: LockRecord): string {
  const { socket } = retiredFiles(retired, instanceId);
  if (socketPathProblem(socket) !== undefined) {
    throw new FatalError(`no room for a daemon that retires: ${socket} is too long`);
  }
  return socket;
}

/** Makes an empty log, and keeps the one before; false when that cannot be. */
async function startNewLog(log: string): Promise<boolean> {
  for (let attempt = 0; attempt < LOG_ATTEMPTS; attempt++) {
    try {
      if (await isThere(log)) await Deno.rename(log, `${log}.old`);
      (await Deno.open(log, { write: true, createNew: true, mode: 0o600 })).close();
      return true;
    } catch (error) {
      // Another launcher was faster at one of the steps.
      if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotFound) continue;
      if (errnoCode(error) === undefined) throw error;
      return false;
    }
  }
  return false;
}

function startDetached(launch: Launch, options: LaunchOptions): Deno.ChildProcess {
  const { paths, hasLog, maxDescriptors, stagingPath } = launch;
  const { token, takesOver, flags = [] } = options;
  const source = "file" in token ? ["-token-file", token.file] : ["-token-fd", "0"];
  const command = [...daemonCommand(launch, options), "-serve", "-socket", paths.socket, ...source, ...flags];
  const stdio = hasLog ? "null" : "inherit";
  return new Deno.Command(...withOutputTo(command, hasLog ? paths.log : undefined, {
    env: {
      [SPAWNED_MARKER]: takesOver ? TAKES_OVER : "alone",
      [PROGRAM_MARKER]: Deno.mainModule,
      ...(maxDescriptors === undefined ? {} : { [DESCRIPTORS_MARKER]: String(maxDescriptors) }),
      ...(stagingPath === undefined ? {} : { [STAGING_MARKER]: stagingPath }),
    },
    stdin: "text" in token ? "piped" : "null",
    stdout: stdio,
    stderr: stdio,
    detached: true,
  })).spawn();
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

/** The runtime gives a child no file as its output, but a shell does; it is replaced by the command. */
function withOutputTo(
  command: string[],
  log: string | undefined,
  options: Deno.CommandOptions,
): [string, Deno.CommandOptions] {
  const [program, ...args] = command as [string, ...string[]];
  if (log === undefined || Deno.build.os === "windows") return [program, { ...options, args }];
  return ["/bin/sh", { ...options, args: ["-c", 'exec "$@" >>"$0" 2>&1', log, ...command] }];
}

async function sendToken(child: Deno.ChildProcess, token: LaunchOptions["token"]): Promise<void> {
  if (!("text" in token)) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(token.text));
    await writer.close();
  } catch (error) {
    // It died before it read; why, its log tells.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function waitUntilReady(child: Deno.ChildProcess, launch: Launch, ms: number): Promise<void> {
  let hasDied = false;
  void child.status.then(() => hasDied = true);
  const deadline = performance.now() + ms;
  while (!await isReady(child.pid, launch)) {
    if (hasDied) throw new FatalError(await whyItDied(launch));
    if (performance.now() > deadline) {
      child.kill("SIGKILL");
      const words = lastWords(launch);
      const before = words === "" ? "" : `${words}\nclaustrum: `;
      throw new FatalError(`${before}timeout waiting for daemon to accept on ${launch.paths.socket}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function whyItDied(launch: Launch): Promise<string> {
  const { paths } = launch;
  const holder = await lockHolder(paths);
  if (holder?.socket === paths.socket) return `another daemon (pid ${holder.pid}) took over ${paths.socket}`;
  if (!launch.hasLog) return "the daemon died while starting; it said why above, for its log cannot be written";
  return lastWords(launch) || `daemon died while starting and left no word in ${paths.log}: is the disk full?`;
}

async function isReady(pid: number, { paths }: Launch): Promise<boolean> {
  if (readLockRecord(paths.lock)?.pid !== pid) return false;
  return !await mayDial(paths.socket) || await isLive(paths.socket);
}

/** A launcher that may not dial takes the lock's word, which is written once the daemon listens. */
async function mayDial(socket: string): Promise<boolean> {
  return (await Deno.permissions.query({ name: "net", host: `unix:${socket}` })).state === "granted";
}

/** The end of the daemon's log, as the text behind `claustrum: `. */
function lastWords({ paths, hasLog }: Launch): string {
  if (!hasLog) return "";
  const text = Deno.readTextFileSync(paths.log).slice(-MAX_SHOWN_BYTES).trimEnd();
  // What it logged before it said why it ends has nothing to do with that.
  const reason = /(?:^|\n)claustrum: (?![^]*\nclaustrum: )([^]*)$/.exec(text)?.[1];
  return reason ?? text.split("\n").filter((line) => !STACK_LINE.test(line)).join("\n");
}
