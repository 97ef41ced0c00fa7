/**
 * The command line: parses, dispatches, prints.
 *
 * @module
 */

import { classicUsage, limitFlags, type Limits, parseClassic, UsageError } from "./lib/cli/flags.ts";
import { type DaemonPaths, daemonPaths, defaultSocket, NoHomeError } from "./lib/system/paths.ts";
import { FatalError } from "./lib/system/fatal.ts";

/** What a serve command asks for. */
interface ServeRequest {
  readonly socket: string;
  readonly tokenFile: string;
  readonly tokenFd: number | undefined;
  readonly limits: Limits;
}

/**
 * Runs a command line.
 *
 * @param args The arguments, without the program's name.
 * @returns The exit code.
 *
 * @example
 * ```ts
 * import { main } from "./cli.ts";
 *
 * await main(["version"]);
 * ```
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await (isClassic(args) ? runClassic(args) : runFriendly(args));
  } catch (error) {
    if (error instanceof UsageError) return complain(error.message, 2);
    if (isExpected(error)) return complain(`claustrum: ${error.message}`, 1);
    throw error;
  }
}

function isClassic([first]: readonly string[]): boolean {
  if (first === undefined) return !Deno.stdin.isTerminal();
  return first.startsWith("-") && first !== "--help" && first !== "-h" && first !== "-help";
}

/** Failures that are told in one line. Told by name, so that nothing is loaded only to be compared with. */
function isExpected(error: unknown): error is Error {
  return error instanceof FatalError || error instanceof NoHomeError ||
    (error instanceof Error && (error.name === "DialError" || error.name === "TokenRefusedError"));
}

function complain(text: string, code: number): number {
  console.error(text);
  return code;
}

async function runClassic(args: readonly string[]): Promise<number> {
  const { mode, socket, ...source } = parseClassicOrExplain(args);
  if (mode === undefined) {
    return complain("claustrum: one of --version/--install/--serve/--bridge/--stop is required", 2);
  }
  if (mode === "version") return await printVersion();
  const path = socket || defaultSocket();
  if (mode === "stop") return await stopDaemon(path);
  if (mode === "bridge") return await bridgeToDaemon(path);
  if (source.tokenFile === "" && source.tokenFd === undefined) {
    throw new FatalError("daemonized child requires --token-file or --token-fd");
  }
  const { SPAWNED_MARKER } = await import("./lib/daemon/launcher.ts");
  const request = { socket: path, ...source };
  return Deno.env.has(SPAWNED_MARKER) ? await serveHere(request, printBanner) : await serveDetached(request);
}

function parseClassicOrExplain(args: readonly string[]): ReturnType<typeof parseClassic> {
  try {
    return parseClassic(args);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${error.message}\n${classicUsage().trimEnd()}`);
    throw error;
  }
}

async function runFriendly(args: readonly string[]): Promise<number> {
  const { parseFriendly } = await import("./lib/cli/friendly.ts");
  const { COMMANDS, overview } = await import("./lib/cli/help.ts");
  const { command, help, topic, socket, foreground, ...source } = await parseFriendlyOrExplain(args, parseFriendly);
  if (help || topic !== undefined) {
    console.log(COMMANDS[topic ?? command].text);
    return 0;
  }
  switch (command) {
    case "help":
      console.log(overview().trimEnd());
      return 0;
    case "version":
      return await printVersion();
    case "stop":
      return await stopDaemon(socket || defaultSocket());
    case "bridge":
      return await bridgeToDaemon(socket || defaultSocket());
    case "serve": {
      const request = { socket: socket || defaultSocket(), ...source };
      return foreground ? await serveHere(request, printWelcome) : await serveFriendly(request);
    }
  }
}

async function parseFriendlyOrExplain<T>(args: readonly string[], parse: (args: readonly string[]) => T): Promise<T> {
  try {
    return await parse(args);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`claustrum: ${error.message}`);
    throw error;
  }
}

async function printVersion(): Promise<number> {
  const { versionLine } = await import("./lib/version.ts");
  console.log(versionLine());
  return 0;
}

async function bridgeToDaemon(socket: string): Promise<number> {
  const { bridge } = await import("./lib/client/bridge.ts");
  await bridge({ socket });
  return 0;
}

async function stopDaemon(socket: string): Promise<number> {
  const { stop } = await import("./lib/client/stop.ts");
  const token = Deno.env.get("CLAUDE_RPC_TOKEN");
  await stop({ socket, ...(token === undefined || token === "" ? {} : { token }) });
  return 0;
}

/** Serves in this very process; the token comes from where the request says, or is made. */
async function serveHere(request: ServeRequest, announce: (socket: string) => void): Promise<number> {
  const { runDaemon } = await import("./lib/daemon/run.ts");
  await runDaemon({
    socket: request.socket,
    tokenSource: request.tokenFile !== ""
      ? { kind: "file", path: request.tokenFile }
      : request.tokenFd !== undefined
      ? { kind: "descriptor", fd: request.tokenFd }
      : { kind: "generated" },
    limits: request.limits,
    onReady: ({ socket }) => announce(socket),
  });
  return 0;
}

async function serveDetached(request: ServeRequest): Promise<number> {
  const { paths } = await launchDaemon(request);
  printBanner(paths.socket);
  return 0;
}

async function launchDaemon(request: ServeRequest): Promise<{ pid: number; paths: DaemonPaths }> {
  const { launch } = await import("./lib/daemon/launcher.ts");
  const token = await tokenToHandOver(request);
  return await launch({ socket: request.socket, token, flags: limitFlags(request.limits) });
}

async function serveFriendly(request: ServeRequest): Promise<number> {
  const { findRunning } = await import("./lib/daemon/launcher.ts");
  const running = await findRunning(request.socket);
  if (running !== undefined) {
    console.log(`already running (pid ${running.pid}) on ${running.paths.socket}`);
    return 0;
  }
  const { pid, paths } = await launchDaemon(request);
  printWelcome(paths.socket);
  const isDefault = request.socket === defaultSocketOrNone();
  console.log(`  log     ${paths.log}\n  pid     ${pid}`);
  console.log(`Stop it with: claustrum stop${isDefault ? "" : ` --socket ${paths.socket}`}`);
  return 0;
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

async function tokenToHandOver({ tokenFile, tokenFd }: ServeRequest): Promise<{ text: string } | { file: string }> {
  if (tokenFile !== "") return { file: tokenFile };
  const { generateToken, readTokenDescriptor } = await import("./lib/daemon/token.ts");
  return { text: tokenFd === undefined ? generateToken() : await readTokenDescriptor(tokenFd) };
}

function printBanner(socket: string): void {
  console.log(`Claustrum remote server listening on ${socket}`);
}

function printWelcome(socket: string): void {
  printBanner(socket);
  console.log(`  token   ${daemonPaths(socket).token}`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
