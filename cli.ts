/**
 * The command line: parses, dispatches, prints.
 *
 * @example Show the processes of the daemon on the default socket
 * ```ts ignore
 * import { main } from "jsr:@x/claustrum/cli";
 *
 * Deno.exit(await main(["ps"]));
 * ```
 *
 * @module
 */

import { printError, printMessage } from "./lib/cli/print.ts";
import type { ServeRequest } from "./lib/cli/serve_request.ts";
import { SPAWNED_MARKER, TAKES_OVER } from "./lib/daemon/launch/launch_environment.ts";
import { ClaustrumError } from "./lib/system/claustrum_error.ts";
import { defaultSocket } from "./lib/system/paths.ts";
import { tryGetEnv } from "./lib/system/permissions.ts";

/**
 * Runs a command line. Every failure is one sentence on stderr, also one that no part of the command waits for; such a
 * failure ends the program.
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
  // What a daemon writes is its log, where the stack trace of a bug belongs.
  const isLog = args.includes("--foreground") || tryGetEnv(SPAWNED_MARKER) !== undefined;
  using _strays = catchStrays(isLog);
  try {
    return await (isClassic(args) ? runClassic(args) : runFriendly(args));
  } catch (error) {
    return await report(error, isLog);
  }
}

async function report(error: unknown, isLog: boolean): Promise<number> {
  const { reportError } = await import("./lib/cli/report_error.ts");
  return reportError(error, { isLog });
}

/** The runtime would print the stack trace of an error that nothing catches. */
function catchStrays(isLog: boolean): Disposable {
  const end = async (event: Event, error: unknown) => {
    event.preventDefault();
    Deno.exit(await report(error, isLog));
  };
  const onRejection = (event: PromiseRejectionEvent) => void end(event, event.reason);
  const onError = (event: ErrorEvent) => void end(event, event.error);
  addEventListener("unhandledrejection", onRejection);
  addEventListener("error", onError);
  return {
    [Symbol.dispose]() {
      removeEventListener("unhandledrejection", onRejection);
      removeEventListener("error", onError);
    },
  };
}

/** Whether this package is the program that runs, and not a library of another program. */
function isMain(): boolean {
  return [import.meta.url, new URL("./mod.ts", import.meta.url).href].includes(Deno.mainModule);
}

function isClassic([first]: readonly string[]): boolean {
  if (first === undefined) return !Deno.stdin.isTerminal();
  return first.startsWith("-") && first !== "--help" && first !== "-h" && first !== "-help";
}

function complain(text: string, code: number): number {
  printError(text);
  return code;
}

async function runClassic(args: readonly string[]): Promise<number> {
  const { classicUsage, parseClassic } = await import("./lib/cli/classic.ts");
  const { UsageError } = await import("./lib/cli/usage_error.ts");
  let parsed: ReturnType<typeof parseClassic>;
  try {
    parsed = parseClassic(args);
  } catch (error) {
    if (error instanceof UsageError) return complain(`${error.message}\n${classicUsage().trimEnd()}`, 2);
    throw error;
  }
  const { mode, flags, settings, warnings } = parsed;
  for (const warning of warnings) printMessage(warning);
  const socket = () => flags.socket || defaultSocket();
  switch (mode) {
    case undefined:
      return complain("claustrum: one of --version/--install/--serve/--bridge/--stop is required", 2);
    case "version":
      return await (await import("./lib/cli/commands/version.ts")).printVersion();
    case "stop":
      return await (await import("./lib/cli/commands/stop.ts")).stopClassic(socket());
    case "bridge": {
      const { bridge } = await import("./lib/client/bridge.ts");
      await bridge({ socket: socket() });
      return 0;
    }
    case "install": {
      const { installClassic } = await import("./lib/cli/commands/install.ts");
      return await installClassic(flags, settings);
    }
    case "serve": {
      const request = { socket: socket(), tokenFile: flags["token-file"] || undefined, tokenFd: flags["token-fd"] };
      return await serveClassic({ ...request, settings });
    }
  }
}

/** In the background; or here, when it was the launcher that started this. */
async function serveClassic(request: Omit<ServeRequest, "takesOver">): Promise<number> {
  if (request.tokenFile === undefined && request.tokenFd === undefined) {
    throw new ClaustrumError("daemonized child requires --token-file or --token-fd");
  }
  const started = Deno.env.get(SPAWNED_MARKER);
  if (started === undefined) {
    const { launchClassic } = await import("./lib/cli/commands/serve.ts");
    const { daemonProgram } = await import("./lib/cli/daemon_program.ts");
    return await launchClassic({ ...request, takesOver: true }, daemonProgram(isMain()));
  }
  const { printBanner } = await import("./lib/cli/serve_request.ts");
  const { serveInProcess } = await import("./lib/cli/serve_in_process.ts");
  return await serveInProcess({ ...request, takesOver: started === TAKES_OVER }, printBanner);
}

async function runFriendly(words: readonly string[]): Promise<number> {
  const { PROGRAM } = await import("./lib/cli/commands.ts");
  const { runCommand } = await import("./lib/cli/run_command.ts");
  return await runCommand(words, { ...PROGRAM, isMain });
}

if (import.meta.main) Deno.exit(await main(Deno.args));
