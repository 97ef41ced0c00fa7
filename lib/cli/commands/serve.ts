import { settingFlags, settingsAmong } from "../../config/settings.ts";
import { resolveSettings } from "../../config/config_file.ts";
import { GENERATIONS } from "../../contract/generation.ts";
import { permissionHost } from "../../daemon/observe/listen_address.ts";
import { type DaemonProgram, findDaemon, launch, type Launched } from "../../daemon/launch/launcher.ts";
import { generateToken, readTokenDescriptor } from "../../daemon/ownership/token.ts";
import { printBanner, printSocketAndToken, type ServeRequest } from "../serve_request.ts";
import { ServeError } from "../../system/serve_error.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { daemonPaths, defaultSocket, NoHomeError } from "../../system/paths.ts";
import { defineCommand, settingFlag, SOCKET_FLAG } from "../command.ts";
import { daemonProgram } from "../daemon_program.ts";
import { isThere } from "../../system/private_files.ts";
import { print, printMessage, printText } from "../print.ts";
import { checkSocketPath } from "../socket_path.ts";

/** The line of the daemon's log that says why there are no metrics. */
const METRICS_FAILURE = /^\S+ \S+ ERROR \[Server\] metrics: listen \S+: (.+)$/m;

/** Runs `claustrum -serve`, which starts the daemon in the background. */
export async function launchClassic(request: ServeRequest, program: DaemonProgram): Promise<number> {
  const { paths } = await launchDaemon(request, program);
  printBanner(paths.socket);
  return 0;
}

export default defineCommand({
  usage: "serve [--socket PATH] [--token-file FILE | --token-fd N] [--foreground] [--replace [--handover]]",
  about: `Starts the daemon in the background and returns when it accepts connections. If no
token is given, the daemon generates one and writes it to daemon.token beside the
socket. A daemon that is already running is left unchanged unless --replace is given.`,
  flags: {
    ...SOCKET_FLAG,
    "token-file": { kind: "string", value: "FILE", help: "read the token from FILE and remove the file" },
    "token-fd": { kind: "integer", value: "N", help: "read the token from file descriptor N" },
    "foreground": { kind: "boolean", help: "stay in the foreground (systemd, containers, debugging)" },
    "replace": {
      kind: "boolean",
      help: "replace a running daemon and end its processes",
      isDestructive: true,
    },
    "handover": settingFlag("handover"),
    "contract": settingFlag("contract"),
    "max-extract-bytes": settingFlag("max-extract-bytes"),
    "git-timeout": settingFlag("git-timeout"),
    "keep-children": settingFlag("keep-children"),
    "metrics-addr": settingFlag("metrics-addr"),
    "wire-log": settingFlag("wire-log"),
    "wire-log-max-string": settingFlag("wire-log-max-string"),
    "listen-pipe": settingFlag("listen-pipe"),
  },
  exitCodes: "0 the daemon is running, 1 it did not start or is already running with other flags, 2 wrong arguments",
  examples: [
    "claustrum serve",
    "claustrum serve --socket /run/user/1000/claustrum/rpc.sock",
    "claustrum serve --foreground",
    "claustrum serve --replace --handover",
  ],
  async run({ flags }, program) {
    const { socket = defaultSocket(), foreground, "token-file": tokenFile, "token-fd": tokenFd } = flags;
    const request = { socket, tokenFile, tokenFd, takesOver: flags.replace, settings: settingsAmong(flags) };
    checkSocketPath(daemonPaths(socket).socket);
    if (!request.takesOver && await reportRunning(request)) return 0;
    if (!foreground) return await serveFriendly(request, daemonProgram(program.isMain()));
    const { serveInProcess } = await import("../serve_in_process.ts");
    return await serveInProcess(request, printSocketAndToken);
  },
});

/**
 * Starts a daemon with a random token, unless one is already running.
 *
 * @param withoutVariables The variables of this environment that the daemon does not get.
 */
export async function startDaemonIfAbsent(
  socket: string,
  program: DaemonProgram,
  withoutVariables: readonly string[] = [],
): Promise<void> {
  const request = { socket, tokenFile: undefined, tokenFd: undefined, takesOver: false, settings: {} };
  try {
    await warnOfMetrics(await launchDaemon(request, program, withoutVariables));
  } catch (error) {
    if (!(error instanceof ServeError) || await findDaemon(socket) === undefined) throw error;
  }
}

/**
 * Puts a daemon of this program in the place of the one that runs, which keeps its processes.
 *
 * @param withoutVariables The variables of this environment that the daemon does not get.
 * @returns Whether one ran.
 */
export async function handOverDaemon(
  socket: string,
  program: DaemonProgram,
  withoutVariables: readonly string[] = [],
): Promise<boolean> {
  if (await findDaemon(socket) === undefined) return false;
  const settings = { handover: true };
  const request = { socket, tokenFile: undefined, tokenFd: undefined, takesOver: true, settings };
  await warnOfMetrics(await launchDaemon(request, program, withoutVariables));
  return true;
}

async function serveFriendly(request: ServeRequest, program: DaemonProgram): Promise<number> {
  let launched: Launched;
  try {
    launched = await launchDaemon(request, program);
  } catch (error) {
    // A daemon that was started at the same time may have been faster.
    if (error instanceof ServeError && !request.takesOver && await reportRunning(request)) return 0;
    throw error;
  }
  const { pid, paths } = launched;
  printSocketAndToken(paths.socket);
  await warnOfMetrics(launched);
  const isDefault = request.socket === tryDefaultSocket();
  print(`  log     ${paths.log}\n  pid     ${pid}`);
  printText(`Stop it with: claustrum stop${isDefault ? "" : ` --socket ${paths.socket}`}`);
  return 0;
}

/**
 * Prints which daemon is already running.
 *
 * @returns Whether a daemon is running.
 * @throws {ClaustrumError} If flags were given, because they have no effect on a running daemon.
 */
async function reportRunning({ socket, tokenFile, tokenFd, settings }: ServeRequest): Promise<boolean> {
  const running = await findDaemon(socket);
  if (running === undefined) return false;
  const { pid, paths } = running;
  const given = [
    ...(tokenFile === undefined ? [] : ["token-file"]),
    ...(tokenFd === undefined ? [] : ["token-fd"]),
    ...Object.keys(settings),
  ].map((name) => `--${name}`);
  if (given.length > 0) {
    throw new ClaustrumError(
      `already running (pid ${pid}) on ${paths.socket}: cannot apply ${given.join(" and ")} to a running daemon; ` +
        "add --replace, which ends its processes, or --replace --handover, which keeps them",
    );
  }
  print(`already running (pid ${pid}) on ${paths.socket}`);
  return true;
}

async function launchDaemon(
  { socket, tokenFile, tokenFd, takesOver, settings }: ServeRequest,
  program: DaemonProgram,
  withoutVariables?: readonly string[],
): Promise<Launched> {
  const token = tokenFile !== undefined
    ? { file: tokenFile }
    : { text: tokenFd === undefined ? generateToken() : await readTokenDescriptor(tokenFd) };
  // The daemon reads the configuration again and logs its warnings.
  const { "metrics-addr": address, handover, contract } = await resolveSettings(settings, () => {});
  const metricsHost = address === "" ? undefined : permissionHost(address);
  const existing = !takesOver ? "refuse" : handover ? "handover" : "replace";
  return await launch({
    socket,
    program,
    token,
    existing,
    readyMs: GENERATIONS[contract].readyMs,
    metricsHost,
    flags: settingFlags(settings),
    withoutVariables,
  });
}

/** Warns if the daemon could not listen for the metrics, which it survives; its log says so before it is ready. */
async function warnOfMetrics({ paths }: Launched): Promise<void> {
  // Without a log, the daemon has written to this command's own stderr.
  const log = await isThere(paths.log) ? await Deno.readTextFile(paths.log) : "";
  const [, reason] = METRICS_FAILURE.exec(log) ?? [];
  if (reason === undefined) return;
  printMessage(
    `the daemon runs without metrics: ${reason}; free that address or choose another one, then: ` +
      "claustrum serve --replace --handover --metrics-addr HOST:PORT",
  );
}

/** Returns the default socket; `undefined` without a home directory. */
function tryDefaultSocket(): string | undefined {
  try {
    return defaultSocket();
  } catch (error) {
    if (error instanceof NoHomeError) return undefined;
    throw error;
  }
}
