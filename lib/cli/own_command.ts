/**
 * How this program is called here. Texts name its commands as `claustrum …`; who has no such program on the PATH, as in
 * a checkout, reads a line that works.
 *
 * @module
 */

import { OWN_COMMAND } from "../daemon/launch/launch_environment.ts";
import { shellQuote } from "../system/quote.ts";
import { tryGetEnv } from "../system/permissions.ts";

const NAME = "claustrum";
const PACKAGE = "@x/claustrum";
/** The names of the commands, which tell a command line from a sentence about claustrum. */
const COMMANDS = [
  ...["attach", "bridge", "call", "completions", "doctor", "exec", "help", "host", "hub", "inspect", "install"],
  ...["kill", "list", "logs", "mcp", "project", "prune", "ps", "remote", "rename", "restart", "rm", "run", "send"],
  ...["serve", "service", "session", "start", "status", "stop", "top", "usage", "version", "wait"],
];
const COMMAND_LINE = new RegExp(`(?<![\\w./-])${NAME} (?=(?:${COMMANDS.join("|")})(?![\\w-]))`, "g");
/** Where `npx` has a program only as long as it runs. */
const FLEETING = /\/_npx\/|\/node_modules\/\.bin\/?$/;

/** What the name of this program depends on. */
export interface CallerFacts {
  /** What the task or launcher that has started this program says. */
  readonly command: string | undefined;
  /** Whether a directory of the PATH that lasts has a program. */
  readonly has: (program: string) => boolean;
  /** The version of the runtime. */
  readonly runtime: string;
}

/** Replaces `claustrum` by what has to be typed here, in the command lines of a text. */
export function inOwnWords(text: string, facts?: CallerFacts): string {
  if (!text.includes(`${NAME} `)) return text;
  const own = ownCommand(facts ?? ownFacts());
  return own === NAME ? text : text.replaceAll(COMMAND_LINE, () => `${own} `);
}

/** Returns what has to be typed for `claustrum` here. */
export function ownCommand({ command, has, runtime }: CallerFacts = ownFacts()): string {
  if (command === undefined || command === "" || has(NAME)) return NAME;
  if (!command.startsWith("deno ")) return shellQuote(command);
  return has("deno") ? command : `npx -y deno@${runtime}${command.slice("deno".length)}`;
}

/** Adds to the help what has to be typed for `claustrum`, if that is something else. */
export function withOwnCommand(help: string, facts: CallerFacts = ownFacts()): string {
  const own = ownCommand(facts);
  return own === NAME ? help : `${help}\n\nHere, type this for claustrum: ${own}`;
}

function ownFacts(): CallerFacts {
  const command = tryGetEnv(OWN_COMMAND) ?? (isFromRegistry() ? `deno run -A jsr:${PACKAGE}` : undefined);
  return { command, has: isOnPath, runtime: Deno.version.deno };
}

/** Whether the runtime has loaded this program from a registry, without an installation. */
function isFromRegistry(): boolean {
  return Deno.mainModule.startsWith(`jsr:${PACKAGE}`);
}

function isOnPath(program: string): boolean {
  const directories = (tryGetEnv("PATH") ?? "").split(":").filter((path) => path !== "" && !FLEETING.test(path));
  return directories.some((directory) => {
    try {
      return Deno.statSync(`${directory}/${program}`).isFile;
    } catch {
      return false; // it is missing there, or cannot be looked at
    }
  });
}
