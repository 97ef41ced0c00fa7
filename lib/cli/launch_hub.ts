/**
 * Starts the hub in the background, in a session of its own and with only the permissions that it needs, and waits until
 * it answers or has failed. It also starts the daemon if none runs.
 *
 * @module
 */

import { addressText } from "../hub/access/addresses.ts";
import { type HubPaths, hubPaths, hubStagingPath, prepareHubDirectories } from "../hub/hub_paths.ts";
import { daemonSocketOf } from "../hub/config.ts";
import type { HubClient } from "../hub/hub_client.ts";
import type { HubConfig } from "../hub/hub_config.ts";
import { waitUntilStopped } from "./hub_end.ts";
import { logEnd, mayConnect, startNewLog, withOutputTo } from "../system/background.ts";
import { lockHolder, readLockRecord } from "../system/lock_file.ts";
import { isLive } from "../system/private_socket.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { ServeError } from "../system/serve_error.ts";
import type { RunningProgram } from "./command.ts";
import { handOverDaemon, startDaemonIfAbsent } from "./commands/serve.ts";
import { tryConnect } from "./running_hub.ts";
import { daemonProgram } from "./daemon_program.ts";
import { addressOfHub, checkAddress, hasWantedAddress, hasWantedLinks, sameAddress } from "./hub_address.ts";
import { type HubProgram, hubProgram } from "./hub_program.ts";
import { checkSockets, hubCommandLine } from "./hub_command_line.ts";
import { HUB_STAGING_MARKER, type HubRequest, resolveRequest } from "./hub_request.ts";

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
  /** Its configuration; that of a hub that ran already may be older. */
  readonly config: HubConfig;
}

/**
 * Starts the hub and its daemon, unless they run already.
 *
 * @throws {ConfigError} If the configuration is wrong.
 * @throws {ClaustrumError} If the hub runs with other settings than the flags ask for, or does not tell.
 * @throws {ServeError} If the hub or the daemon cannot start; the message is the end of the log.
 */
export function launchHub(request: HubRequest, program: RunningProgram): Promise<LaunchedHub> {
  return launch(request, program, joinRunning);
}

/**
 * Starts the hub and its daemon for a command that needs them. A hub that nobody has asked for opens no port, unless the
 * configuration names one.
 *
 * @throws What {@linkcode launchHub} throws.
 */
export async function launchHubForCommand(request: HubRequest, program: RunningProgram): Promise<LaunchedHub> {
  const { config: { web } } = await resolveRequest(request);
  // One that another command started in the meantime is right as it is.
  const join = () => Promise.resolve(undefined);
  return await launch({ ...request, "no-web": !web.isListenConfigured }, program, join);
}

/**
 * Starts the hub and its daemon for the links of the configuration. A hub that runs without them is restarted.
 *
 * @throws What {@linkcode launchHub} throws.
 */
export async function launchHubForLinks(request: HubRequest, program: RunningProgram): Promise<LaunchedHub> {
  const { config: { web } } = await resolveRequest(request);
  return await launch({ ...request, "no-web": !web.isListenConfigured }, program, joinForLinks);
}

/** What a restart has done. */
export interface RestartedHub {
  /** The id of its process; absent if no hub ran. */
  readonly pid?: number;
  /** Whether a daemon ran that has handed its processes over to a new one. */
  readonly handedOver: boolean;
}

/**
 * Starts a running hub anew, as this program, with the name, the daemon and the web address that it had.
 *
 * @param handsOver Whether the daemon becomes one of this program, too, and keeps its processes.
 * @throws What {@linkcode launchHub} throws.
 */
export async function restartHub(
  asked: HubRequest,
  handsOver: boolean,
  program: RunningProgram,
): Promise<RestartedHub> {
  const paths = hubPaths({ stateDir: asked["state-dir"] });
  const former = await runningRequest(paths, asked);
  const daemonSocket = former?.["daemon-socket"] ?? daemonSocketOf((await resolveRequest(asked)).config);
  const handedOver = handsOver && await handOverDaemon(daemonSocket, daemonProgram(program.isMain()), hubVariables());
  if (former === undefined) return { handedOver };
  const pid = readLockRecord(paths.lock)?.pid;
  {
    await using client = await tryConnect(paths);
    await client?.call("daemon.stop", {});
  }
  await waitUntilStopped(paths, pid);
  return { pid: (await launchHub(former, program)).pid, handedOver };
}

/** What would start the hub that runs; `undefined` if none runs. */
async function runningRequest(paths: HubPaths, asked: HubRequest): Promise<HubRequest | undefined> {
  await using client = await tryConnect(paths);
  if (client === undefined) return undefined;
  const { name, daemon } = await client.call("hub.status", {});
  const address = await addressOfHub(client);
  return {
    ...asked,
    ...{ name, "daemon-socket": daemon.socket },
    ...(address === undefined ? { "no-web": true } : { listen: addressText(address) }),
  };
}

/** Decides what becomes of a running hub: what to start in its place, or `undefined` if it runs on. */
type Join = (
  paths: HubPaths,
  request: HubRequest,
  config: HubConfig,
  program: RunningProgram,
) => Promise<HubRequest | undefined>;

async function launch(asked: HubRequest, program: RunningProgram, join: Join): Promise<LaunchedHub> {
  const paths = hubPaths({ stateDir: asked["state-dir"] });
  const { config, warnings } = await resolveRequest(asked);
  await prepareHubDirectories(paths);
  using _launching = await launchLock(paths);
  const running = await lockHolder(paths);
  const request = running === undefined ? asked : await join(paths, asked, config, program);
  if (request === undefined) return { pid: running!.pid, paths, isNew: false, warnings, config };
  const daemonSocket = request["daemon-socket"] ?? daemonSocketOf(config);
  checkSockets(paths, daemonSocket);
  await startDaemonIfNone(daemonSocket, program);
  // The hub that ran may have listened elsewhere than the configuration says.
  const wanted = request === asked ? config : (await resolveRequest(request)).config;
  const pid = await start(paths, { ...request, "daemon-socket": daemonSocket }, wanted, hubProgram(program.isMain()));
  return { pid, paths, isNew: true, warnings, config };
}

/**
 * Leaves a running hub alone, but starts its daemon if that is missing; the hub may run nothing itself. A hub that does
 * not have the web address that is asked for is stopped: what a program may reach is decided when it starts.
 *
 * @returns What to start in its place; `undefined` if it runs on.
 * @throws {ServeError} If the address that is asked for must not or cannot be used; then the hub runs on.
 */
async function joinRunning(
  paths: HubPaths,
  request: HubRequest,
  config: HubConfig,
  program: RunningProgram,
): Promise<HubRequest | undefined> {
  await using client = await tryConnect(paths);
  // It is about to end; the caller notices, too.
  if (client === undefined) return undefined;
  const { name, daemon } = await client.call("hub.status", {});
  const daemonSocket = daemonSocketOf(config);
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
  const address = await addressOfHub(client);
  if (!hasWantedAddress(address, request, config)) {
    await checkAddress(config, address);
    await stopRunning(client, paths);
    return { ...request, name, "daemon-socket": daemon.socket };
  }
  if (!await hasWantedLinks(client, config)) {
    await stopRunning(client, paths);
    return { ...request, ...sameAddress(address), name, "daemon-socket": daemon.socket };
  }
  if (!daemon.running) await startDaemonIfNone(daemon.socket, program);
  return undefined;
}

/**
 * A hub that does not dial what the configuration says, or waits before it tries again, is stopped; the next one listens
 * where it has listened.
 */
async function joinForLinks(paths: HubPaths, request: HubRequest, config: HubConfig): Promise<HubRequest | undefined> {
  await using client = await tryConnect(paths);
  if (client === undefined) return undefined;
  const { name, daemon, links = [] } = await client.call("hub.status", {});
  const isWaiting = links.some(({ status }) => status === "offline" || status === "refused");
  if (!isWaiting && await hasWantedLinks(client, config)) return undefined;
  const address = await addressOfHub(client);
  await stopRunning(client, paths);
  return { ...request, ...sameAddress(address), "no-web": address === undefined, name, "daemon-socket": daemon.socket };
}

async function stopRunning(client: HubClient, paths: HubPaths): Promise<void> {
  await client.call("daemon.stop", {});
  await waitUntilStopped(paths);
}

/** Starts the daemon unless it runs. Its processes inherit its environment, so it gets no variable of the hub. */
async function startDaemonIfNone(socket: string, program: RunningProgram): Promise<void> {
  await startDaemonIfAbsent(socket, daemonProgram(program.isMain()), hubVariables());
}

function hubVariables(): string[] {
  return Object.keys(Deno.env.toObject()).filter((name) => name.startsWith(VARIABLE_PREFIX));
}

/** Of several launchers at once, one starts the hub and the others find it running. */
async function launchLock({ directory }: HubPaths): Promise<Disposable> {
  const file = await openLock(`${directory}/hub.launch.lock`);
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

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, create: true, mode: 0o600 });
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    const advice = "make its directory writable for you, or choose another --state-dir";
    throw new ServeError(`cannot write ${path}: ${errnoText(error)}: ${advice}`, { cause: error });
  }
}

async function start(
  paths: HubPaths,
  request: HubRequest & { readonly "daemon-socket": string },
  config: HubConfig,
  program: HubProgram,
): Promise<number> {
  const hasLog = await startNewLog(paths.log);
  const stagingPath = hubStagingPath(paths);
  const command = hubCommandLine({ paths, request, config, program, stagingPath });
  const stdio = hasLog ? "null" : "inherit";
  const child = new Deno.Command(...withOutputTo(
    command,
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

async function waitUntilReady(child: Deno.ChildProcess, paths: HubPaths, hasLog: boolean): Promise<void> {
  let hasDied = false;
  void child.status.then(() => hasDied = true);
  const deadline = performance.now() + READY_MS;
  while (!await isReady(child.pid, paths)) {
    const reason = () => hasLog ? logEnd(paths.log) : "its output is above, because its log cannot be written";
    if (hasDied) {
      const silence = `the hub died while starting and wrote nothing to ${paths.log}: claustrum hub doctor says more`;
      throw new ServeError(reason() || silence);
    }
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
