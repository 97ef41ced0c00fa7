import { settingFlags, settingsAmong } from "../../config/settings.ts";
import { resolveSettings } from "../../config/config_file.ts";
import { permissionHost } from "../../daemon/observe/listen_address.ts";
import { type DaemonProgram, findDaemon, launch, type Launched } from "../../daemon/launch/launcher.ts";
import { generateToken, readTokenDescriptor } from "../../daemon/ownership/token.ts";
import { printBanner, printWelcome, type ServeRequest } from "../serve_request.ts";
import { ServeError } from "../../system/serve_error.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { daemonPaths, defaultSocket, NoHomeError } from "../../system/paths.ts";
import { defineCommand, settingFlag, SOCKET_FLAG } from "../command.ts";
import { daemonProgram } from "../daemon_program.ts";
import { print } from "../print.ts";
import { checkSocketPath } from "../socket_path.ts";

/** `claustrum -serve`: in the background. */
export async function launchClassic(request: ServeRequest, program: DaemonProgram): Promise<number> {
  const { paths } = await launchDaemon(request, program);
  printBanner(paths.socket);
  return 0;
}

export default defineCommand({
  usage: "serve [--socket PATH] [--token-file FILE | --token-fd N] [--foreground] [--replace [--handover]]",
  about: `Starts the daemon in the background and returns once it answers. Without a token
source it makes a token; daemon.token beside the socket holds it. A daemon that
already runs there is left alone and takes no flags, unless it is replaced.`,
  flags: {
    ...SOCKET_FLAG,
    "token-file": { kind: "string", value: "FILE", help: "read the token from FILE and remove it" },
    "token-fd": { kind: "integer", value: "N", help: "read the token from an open descriptor" },
    "foreground": { kind: "boolean", help: "stay in the foreground (systemd, containers, debugging)" },
    "replace": {
      kind: "boolean",
      help: "take the place of a daemon that already runs; its processes end",
      isDestructive: true,
    },
    "handover": settingFlag("handover"),
    "max-extract-bytes": settingFlag("max-extract-bytes"),
    "git-timeout": settingFlag("git-timeout"),
    "keep-children": settingFlag("keep-children"),
    "metrics-addr": settingFlag("metrics-addr"),
    "wire-log": settingFlag("wire-log"),
    "wire-log-max-string": settingFlag("wire-log-max-string"),
    "listen-pipe": settingFlag("listen-pipe"),
  },
  exitCodes: "0 it runs, 1 it could not start, or runs already without these flags, 2 wrong arguments",
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
    if (!request.takesOver && await leaveRunning(request)) return 0;
    if (!foreground) return await serveFriendly(request, daemonProgram(program.isMain()));
    const { serveHere } = await import("../serve_here.ts");
    return await serveHere(request, printWelcome);
  },
});

/**
 * Starts a daemon with a token of its own, unless one runs by now.
 *
 * @param withoutVariables The variables of this program's environment that the daemon does not get.
 */
export async function startIfNone(
  socket: string,
  program: DaemonProgram,
  withoutVariables: readonly string[] = [],
): Promise<void> {
  const request = { socket, tokenFile: undefined, tokenFd: undefined, takesOver: false, settings: {} };
  try {
    await launchDaemon(request, program, withoutVariables);
  } catch (error) {
    if (!(error instanceof ServeError) || await findDaemon(socket) === undefined) throw error;
  }
}

async function serveFriendly(request: ServeRequest, program: DaemonProgram): Promise<number> {
  let launched: Launched;
  try {
    launched = await launchDaemon(request, program);
  } catch (error) {
    // Another one, started at the same time, may have been faster.
    if (error instanceof ServeError && !request.takesOver && await leaveRunning(request)) return 0;
    throw error;
  }
  const { pid, paths } = launched;
  printWelcome(paths.socket);
  const isDefault = request.socket === defaultSocketOrNone();
  print(`  log     ${paths.log}\n  pid     ${pid}`);
  print(`Stop it with: claustrum stop${isDefault ? "" : ` --socket ${paths.socket}`}`);
  return 0;
}

/**
 * Says which daemon runs already, if one does.
 *
 * @throws {ClaustrumError} If it was to get flags, which a running daemon cannot take.
 */
async function leaveRunning({ socket, tokenFile, tokenFd, settings }: ServeRequest): Promise<boolean> {
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
      `already running (pid ${pid}) on ${paths.socket}, where ${given.join(" and ")} would change nothing: add ` +
        "--replace, which ends its processes, or --replace --handover, which keeps them",
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
  // The daemon reads the configuration again, and says there what is wrong with it.
  const { "metrics-addr": address, handover } = await resolveSettings(settings, () => {});
  const metricsHost = address === "" ? undefined : permissionHost(address);
  const existing = !takesOver ? "refuse" : handover ? "handover" : "replace";
  return await launch({
    socket,
    program,
    token,
    existing,
    metricsHost,
    flags: settingFlags(settings),
    withoutVariables,
  });
}

/** A home that is not known has no default socket. */
function defaultSocketOrNone(): string | undefined {
  try {
    return defaultSocket();
  } catch (error) {
    if (error instanceof NoHomeError) return undefined;
    throw error;
  }
}
