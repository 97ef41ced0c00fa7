import { shellQuote } from "../../lib/system/quote.ts";

/** A stand-in for the agent CLI, see `programs/agent.ts`. */
export interface StandInAgent {
  /** The program, for `agent.binary`. */
  readonly program: string;
  /**
   * All that agents read from their stdin, in order.
   *
   * @param sessionId The conversation that they started with. @default {all, one conversation after the other}
   */
  stdinLog(sessionId?: string): Promise<string>;
  /** All that agents wrote to their stdout. */
  outputLog(sessionId?: string): Promise<string>;
}

const PROGRAM = new URL("../programs/agent.ts", import.meta.url);

/** Where the runtime has its cache; agents run with another home directory. */
function denoDirectory(): string {
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
}

/** Puts the program of a stand-in into a directory, beside a directory of its logs. */
export async function standInAgent(directory: string): Promise<StandInAgent> {
  const [program, logs] = [`${directory}/claude`, `${directory}/agent-logs`];
  await Deno.mkdir(logs, { recursive: true });
  const variables = [`STAND_IN_LOG_DIR=${shellQuote(logs)}`, `DENO_DIR=${shellQuote(denoDirectory())}`];
  const words = [Deno.execPath(), "run", "-A", "--quiet", "--no-config", "--no-lock", PROGRAM.pathname];
  const script = `#!/bin/sh\n${variables.join(" ")} exec ${words.map(shellQuote).join(" ")} "$@"\n`;
  // A program that is still open for writing cannot be run.
  await Deno.writeTextFile(`${program}.new`, script, { mode: 0o755 });
  await Deno.rename(`${program}.new`, program);
  return {
    program,
    stdinLog: (sessionId) => readLogs(logs, "stdin", sessionId),
    outputLog: (sessionId) => readLogs(logs, "output", sessionId),
  };
}

async function readLogs(directory: string, kind: string, sessionId = ""): Promise<string> {
  const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  const wanted = names.filter((name) => name.startsWith(`${kind}-${sessionId}`)).sort();
  const texts = await Promise.all(wanted.map((name) => Deno.readTextFile(`${directory}/${name}`)));
  return texts.join("");
}
