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
import { importLate } from "./lib/system/import_late.ts";
import { defaultSocket } from "./lib/system/paths.ts";
import { tryGetEnv } from "./lib/system/permissions.ts";

/**
 * Runs a command line. It reports every error as one sentence on stderr. An uncaught error also exits the program.
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
  // The stderr of a daemon is its log, which should contain the stack trace of a bug.
  const isLog = args.includes("--foreground") || tryGetEnv(SPAWNED_MARKER) !== undefined;
  using _handler = reportUncaughtErrors(isLog);
  try {
    return await (isClassic(args) ? runClassic(args) : runFriendly(args));
  } catch (error) {
    return await report(error, isLog);
  }
}

async function report(error: unknown, isLog: boolean): Promise<number> {
  const { reportError } = await importLate<typeof import("./lib/cli/report_error.ts")>(
    import.meta.resolve("./lib/cli/report_error.ts"),
  );
  return reportError(error, { isLog });
}

/** Reports uncaught errors like all others. The runtime would print a stack trace. */
function reportUncaughtErrors(isLog: boolean): Disposable {
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

/** How the runtime names the main module of this package if it comes from JSR. */
const OWN_PACKAGE = "jsr:@x/claustrum";

/** Whether this package is the main program, and not a library of another program. */
function isMain(): boolean {
  if (Deno.mainModule.startsWith(OWN_PACKAGE)) return true;
  return [import.meta.url, new URL("./mod.ts", import.meta.url).href].includes(Deno.mainModule);
}

function isClassic([first, ...rest]: readonly string[]): boolean {
  if (isVersionFlag(first, rest)) return false;
  if (first === undefined) return !Deno.stdin.isTerminal();
  return first.startsWith("-") && first !== "--help" && first !== "-h" && first !== "-help";
}

/** Whether a person asks for the version; drivers say `-version`. */
function isVersionFlag(first: string | undefined, rest: readonly string[]): boolean {
  return first === "--version" && rest.length === 0;
}

async function runClassic(args: readonly string[]): Promise<number> {
  const { classicUsage, namesMode, parseClassic } = await importLate<typeof import("./lib/cli/classic.ts")>(
    import.meta.resolve("./lib/cli/classic.ts"),
  );
  const { UsageError } = await importLate<typeof import("./lib/cli/usage_error.ts")>(
    import.meta.resolve("./lib/cli/usage_error.ts"),
  );
  let parsed: ReturnType<typeof parseClassic>;
  try {
    parsed = parseClassic(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printError(`${error.message}\n${classicUsage().trimEnd()}`);
    // A program that drives claustrum names a mode, and gets what the contract says alone.
    if (!namesMode(args)) {
      printMessage(
        await (await importLate<typeof import("./lib/cli/classic_hint.ts")>(
          import.meta.resolve("./lib/cli/classic_hint.ts"),
        )).classicHint(args),
      );
    }
    return 2;
  }
  const { mode, flags, settings, warnings } = parsed;
  for (const warning of warnings) printMessage(warning);
  const socket = () => flags.socket || defaultSocket();
  switch (mode) {
    case undefined:
      printMessage("one of --version/--install/--serve/--bridge/--stop is required");
      if (Deno.stderr.isTerminal()) printMessage("claustrum help lists the commands; flags come after them");
      return 2;
    case "version":
      return await (await importLate<typeof import("./lib/cli/commands/version.ts")>(
        import.meta.resolve("./lib/cli/commands/version.ts"),
      )).printVersion();
    case "stop":
      return await (await importLate<typeof import("./lib/cli/commands/stop.ts")>(
        import.meta.resolve("./lib/cli/commands/stop.ts"),
      )).stopClassic(socket(), settings);
    case "bridge": {
      const { bridge } = await importLate<typeof import("./lib/client/bridge.ts")>(
        import.meta.resolve("./lib/client/bridge.ts"),
      );
      await bridge({ socket: socket() });
      return 0;
    }
    case "probe-cli": {
      const { probeClassic } = await importLate<typeof import("./lib/cli/commands/probe_cli.ts")>(
        import.meta.resolve("./lib/cli/commands/probe_cli.ts"),
      );
      return await probeClassic(flags["probe-cli"] ?? "", settings);
    }
    case "install": {
      const { installClassic } = await importLate<typeof import("./lib/cli/commands/install.ts")>(
        import.meta.resolve("./lib/cli/commands/install.ts"),
      );
      return await installClassic(flags, settings);
    }
    case "serve": {
      const request = { socket: socket(), tokenFile: flags["token-file"] || undefined, tokenFd: flags["token-fd"] };
      return await serveClassic({ ...request, settings });
    }
  }
}

/** Starts the daemon in the background, or serves in this process if the launcher started it. */
async function serveClassic(request: Omit<ServeRequest, "takesOver">): Promise<number> {
  if (request.tokenFile === undefined && request.tokenFd === undefined) {
    throw new ClaustrumError("daemonized child requires --token-file or --token-fd");
  }
  const started = Deno.env.get(SPAWNED_MARKER);
  if (started === undefined) {
    const { launchClassic } = await importLate<typeof import("./lib/cli/commands/serve.ts")>(
      import.meta.resolve("./lib/cli/commands/serve.ts"),
    );
    const { daemonProgram } = await importLate<typeof import("./lib/cli/daemon_program.ts")>(
      import.meta.resolve("./lib/cli/daemon_program.ts"),
    );
    return await launchClassic({ ...request, takesOver: true }, daemonProgram(isMain()));
  }
  const { printBanner } = await importLate<typeof import("./lib/cli/serve_request.ts")>(
    import.meta.resolve("./lib/cli/serve_request.ts"),
  );
  const { serveInProcess } = await importLate<typeof import("./lib/cli/serve_in_process.ts")>(
    import.meta.resolve("./lib/cli/serve_in_process.ts"),
  );
  return await serveInProcess({ ...request, takesOver: started === TAKES_OVER }, printBanner);
}

async function runFriendly(words: readonly string[]): Promise<number> {
  const { PROGRAM } = await importLate<typeof import("./lib/cli/commands.ts")>(
    import.meta.resolve("./lib/cli/commands.ts"),
  );
  const { runCommand } = await importLate<typeof import("./lib/cli/run_command.ts")>(
    import.meta.resolve("./lib/cli/run_command.ts"),
  );
  const [first, ...rest] = words;
  return await runCommand(isVersionFlag(first, rest) ? ["version"] : words, { ...PROGRAM, isMain });
}

if (import.meta.main) Deno.exit(await main(Deno.args));
