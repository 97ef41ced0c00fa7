/**
 * Starts the hub in the background, in a session of its own and with only the permissions that it needs, and waits until
 * it answers or has failed. It also starts the daemon if none runs.
 *
 * @module
 */

import { type HubPaths, hubPaths, hubStagingPath, prepareHubDirectories } from "../hub/hub_paths.ts";
import { daemonSocketOf } from "../hub/config.ts";
import { logEnd, mayConnect, startNewLog, withOutputTo } from "../system/background.ts";
import { lockHolder, readLockRecord } from "../system/lock_file.ts";
import { socketPathProblem } from "../system/paths.ts";
import { isLive } from "../system/private_socket.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { ServeError } from "../system/serve_error.ts";
import type { RunningProgram } from "./command.ts";
import { startDaemonIfAbsent } from "./commands/serve.ts";
import { tryConnect } from "./running_hub.ts";
import { daemonProgram } from "./daemon_program.ts";
import { type HubProgram, hubProgram } from "./hub_program.ts";
import { HUB_STAGING_MARKER, hubArguments, type HubRequest, resolveRequest } from "./hub_request.ts";

/** How long the hub may take until it answers, in milliseconds. */
const READY_MS = 15_000;
const POLL_MS = 5;
/** The variables of the hub begin so; processes of the daemon do not get them, for some contain secrets. */
const VARIABLE_PREFIX = "CLAUSTRUM_";

/** A hub that runs. */
export interface LaunchedHub {
  /** The id of its process. */
  readonly pid: number;
  /** The paths of its files. */
  readonly paths: HubPaths;
  /** Whether it was started now, and did not run already. */
  readonly isNew: boolean;
  /** A sentence for each part of the configuration that is ignored. */
  readonly warnings: readonly string[];
}

/**
 * Starts the hub and its daemon, unless they run already.
 *
 * @throws {ConfigError} If the configuration is wrong.
 * @throws {ClaustrumError} If the hub runs with other settings than the flags ask for, or does not tell.
 * @throws {ServeError} If the hub or the daemon cannot start; the message is the end of the log.
 */
export async function launchHub(request: HubRequest, program: RunningProgram): Promise<LaunchedHub> {
  const paths = hubPaths({ stateDir: request["state-dir"] });
  const { config, warnings } = await resolveRequest(request);
  const daemonSocket = daemonSocketOf(config);
  await prepareHubDirectories(paths);
  using _launching = await launchLock(paths);
  const running = await lockHolder(paths);
  if (running !== undefined) {
    await joinRunning(paths, request, daemonSocket, program);
    return { pid: running.pid, paths, isNew: false, warnings };
  }
  checkSockets(paths, daemonSocket);
  await startDaemonIfNone(daemonSocket, program);
  const pid = await start(paths, daemonSocket, request, hubProgram(program.isMain()));
  return { pid, paths, isNew: true, warnings };
}

/** Starts the daemon of a running hub, if that is missing; the hub may run nothing itself. */
async function joinRunning(
  paths: HubPaths,
  request: HubRequest,
  daemonSocket: string,
  program: RunningProgram,
): Promise<void> {
  await using client = await tryConnect(paths);
  // It is about to end; the caller notices, too.
  if (client === undefined) return;
  const { name, daemon } = await client.call("hub.status", {});
  const differing = [
    ...(request.name !== undefined && request.name !== name ? [`--name (it is ${name})`] : []),
    ...(request["daemon-socket"] !== undefined && daemonSocket !== daemon.socket
      ? [`--daemon-socket (it is ${daemon.socket})`]
      : []),
  ];
  if (differing.length > 0) {
    throw new ClaustrumError(
      `already running without this ${differing.join(" and ")}: stop it first with claustrum hub stop; agents run on`,
    );
  }
  if (!daemon.running) await startDaemonIfNone(daemon.socket, program);
}

/** Starts the daemon unless it runs. Its processes inherit its environment, so it gets no variable of the hub. */
async function startDaemonIfNone(socket: string, program: RunningProgram): Promise<void> {
  const variables = Object.keys(Deno.env.toObject()).filter((name) => name.startsWith(VARIABLE_PREFIX));
  await startDaemonIfAbsent(socket, daemonProgram(program.isMain()), variables);
}

function checkSockets({ socket }: HubPaths, daemonSocket: string): void {
  // The runtime separates the entries of its permission lists with commas.
  for (const path of [socket, daemonSocket]) {
    if (path.includes(",")) throw new ServeError(`a socket's path must not contain a comma: ${path}`);
  }
  const problem = socketPathProblem(daemonSocket);
  if (problem !== undefined) throw new ServeError(problem.replace("--socket", "--daemon-socket"));
}

/** Of several launchers at once, one starts the hub and the others find it running. */
async function launchLock({ directory }: HubPaths): Promise<Disposable> {
  const file = await Deno.open(`${directory}/hub.launch.lock`, { write: true, create: true, mode: 0o600 });
  const deadline = performance.now() + READY_MS;
  while (!file.tryLockSync(true)) {
    if (performance.now() > deadline) {
      file.close();
      throw new ServeError(`another program has been starting a hub in ${directory} for too long`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return file;
}

async function start(
  paths: HubPaths,
  daemonSocket: string,
  request: HubRequest,
  program: HubProgram,
): Promise<number> {
  const hasLog = await startNewLog(paths.log);
  const stagingPath = hubStagingPath(paths);
  const sockets = [paths.socket, daemonSocket, ...(stagingPath === undefined ? [] : [stagingPath])];
  const absolute = { ...request, ...(request.config && { config: absolutePath(request.config) }) };
  const args = hubArguments({ ...absolute, "state-dir": paths.directory, "daemon-socket": daemonSocket });
  const stdio = hasLog ? "null" : "inherit";
  const child = new Deno.Command(...withOutputTo(
    [...hubCommand(sockets, program), ...args],
    hasLog ? paths.log : undefined,
    {
      env: stagingPath === undefined ? {} : { [HUB_STAGING_MARKER]: stagingPath },
      // The hub must not keep a file system from being unmounted.
      cwd: paths.directory,
      stdin: "null",
      stdout: stdio,
      stderr: stdio,
      detached: true,
    },
  )).spawn();
  await waitUntilReady(child, paths, hasLog);
  child.unref();
  return child.pid;
}

/** The hub's command line, with only the permissions that it needs; an executable has them built in. */
function hubCommand(sockets: readonly string[], { module, needsConfig }: HubProgram): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  return [
    // The cache of compiled code saves 10 ms of a start and costs 1.7 MB for as long as the hub runs.
    ...[Deno.execPath(), "run", "--no-prompt", "--quiet", "--no-code-cache"],
    ...(needsConfig ? [] : ["--no-config"]),
    ...["--allow-read", "--allow-write", "--allow-env", "--allow-sys=hostname,uid"],
    `--allow-net=${sockets.map((path) => `unix:${path}`).join(",")}`,
    module,
  ];
}

async function waitUntilReady(child: Deno.ChildProcess, paths: HubPaths, hasLog: boolean): Promise<void> {
  let hasDied = false;
  void child.status.then(() => hasDied = true);
  const deadline = performance.now() + READY_MS;
  while (!await isReady(child.pid, paths)) {
    const reason = () => hasLog ? logEnd(paths.log) : "its output is above, because its log cannot be written";
    if (hasDied) throw new ServeError(reason() || `the hub died while starting and wrote nothing to ${paths.log}`);
    if (performance.now() > deadline) {
      child.kill("SIGKILL");
      const before = reason() === "" ? "" : `${reason()}\nclaustrum: `;
      throw new ServeError(`${before}the hub did not answer on ${paths.socket} in time`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function isReady(pid: number, { lock, socket }: HubPaths): Promise<boolean> {
  if (readLockRecord(lock)?.pid !== pid) return false;
  return !await mayConnect(socket) || await isLive(socket);
}

function absolutePath(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}
