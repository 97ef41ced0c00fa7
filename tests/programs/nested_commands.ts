/**
 * A program with groups of commands, for the tests of nested commands.
 *
 * @module
 */

import { type AnyCommand, type CommandTable, defineCommand, type Program } from "../../lib/cli/command.ts";
import { print } from "../../lib/cli/print.ts";
import { runCommand } from "../../lib/cli/run_command.ts";

/** Defines a command that prints how it was called. */
function echo(usage: string, argument?: "processes"): AnyCommand {
  return defineCommand({
    usage,
    about: `Prints how ${usage} was called.`,
    flags: { name: { kind: "string", value: "NAME", help: "a name" }, force: { kind: "boolean", help: "at once" } },
    exitCodes: "0 printed",
    examples: [`claustrum ${usage}`],
    arity: { least: 0, most: 1 },
    ...(argument === undefined ? {} : { completes: argument }),
    run({ flags, args }) {
      print(JSON.stringify({ usage, flags, args }));
      return Promise.resolve(0);
    },
  });
}

/**
 * Creates a program with the groups `session` and `hub` (whose default command is `start`), and the commands `ps` and
 * `completions` of claustrum.
 *
 * @param onLoad Called with the words of each command and group that is loaded.
 */
export function nestedProgram(onLoad: (words: string) => void = () => {}): Program {
  const entry = (words: string, isDestructive: boolean = false) => ({
    summary: `the summary of ${words}`,
    isDestructive,
    load() {
      onLoad(words);
      return Promise.resolve({ default: echo(words, words === "session attach" ? "processes" : undefined) });
    },
  });
  const group = (words: string, commands: CommandTable, defaultCommand?: string) => ({
    summary: `the summary of ${words}`,
    load() {
      onLoad(words);
      const about = `Commands of ${words}.`;
      return Promise.resolve({
        default: { about, commands, ...(defaultCommand === undefined ? {} : { defaultCommand }) },
      });
    },
  });
  return {
    commands: {
      session: group("session", {
        start: entry("session start"),
        attach: entry("session attach"),
        stop: entry("session stop", true),
        rule: group("session rule", { remove: entry("session rule remove") }),
      }),
      hub: group("hub", { start: entry("hub start"), status: entry("hub status") }, "start"),
      ps: { summary: "list processes", load: () => import("../../lib/cli/commands/ps.ts") },
      completions: { summary: "print completions", load: () => import("../../lib/cli/commands/completions.ts") },
      help: { summary: "show help", load: () => import("../../lib/cli/commands/help.ts") },
    },
  };
}

if (import.meta.main) Deno.exit(await runCommand(Deno.args, { ...nestedProgram(), isMain: () => false }));
