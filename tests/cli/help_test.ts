import { assert, assertEquals, assertMatch } from "@std/assert";
import { type AnyCommand, type CommandGroup, type CommandTable, isGroup } from "../../lib/cli/command.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { findCommand } from "../../lib/cli/find_command.ts";
import { commandHelp, groupHelp, nameOf, overview } from "../../lib/cli/help.ts";
import { nextSteps } from "../../lib/cli/next_steps.ts";
import { displayWidth } from "../../lib/cli/terminal_text.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { plainEnvironment } from "../helpers/daemon.ts";
import { CLI } from "../helpers/daemon.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { waitFor } from "../helpers/wait.ts";

interface Node {
  readonly path: readonly string[];
  readonly node: AnyCommand | CommandGroup;
}

/** Loads all commands and groups, with those in groups. */
async function walk(table: CommandTable, path: readonly string[] = []): Promise<Node[]> {
  const nodes = await Promise.all(
    Object.entries(table).map(async ([name, { load }]): Promise<Node[]> => {
      const own = { path: [...path, name], node: (await load()).default };
      return [own, ...isGroup(own.node) ? await walk(own.node.commands, own.path) : []];
    }),
  );
  return nodes.flat();
}

const NODES = await walk(PROGRAM.commands);
const COMMANDS = NODES.flatMap(({ path, node }) => isGroup(node) ? [] : [{ path, command: node }]);

for (const columns of [80, 50]) {
  Deno.test(`the help of every command and group fits ${columns} columns`, () => {
    assert(NODES.length > 100, String(NODES.length));
    const texts = NODES.map(({ path, node }) =>
      [path.join(" "), isGroup(node) ? groupHelp(path, node, columns) : commandHelp(node, columns)] as const
    );
    const tooLong = [["help", overview(PROGRAM, columns)] as const, ...texts].flatMap(([name, text]) =>
      text.split("\n").filter((line) => displayWidth(line) > columns).map((line) => `${name}: ${line}`)
    );
    assertEquals(tooLong, []);
  });
}

Deno.test("the synopsis of every command begins with its name", () => {
  assertEquals(COMMANDS.map(({ command }) => nameOf(command.usage)), COMMANDS.map(({ path }) => path.join(" ")));
});

Deno.test("the help of every command names commands that exist as the next step", async () => {
  for (const { path, command } of COMMANDS) {
    const steps = nextSteps(nameOf(command.usage));
    assert(steps.length > 0, path.join(" "));
    assertMatch(commandHelp(command, 80), /\n\nNext: claustrum [^]*$/);
    for (const step of steps) {
      const words = step.split(" ").filter((word) => /^[a-z][a-z-]*$/.test(word));
      const found = await findCommand(
        PROGRAM.commands,
        words.length > 1 && words[0] === "help" ? words.slice(1) : words,
      );
      assert("command" in found, `${path.join(" ")}: ${step}`);
    }
  }
});

Deno.test({
  ...needing("help fits a terminal of 50 columns", findProgram("tmux") !== undefined, "tmux"),
  async fn() {
    const env = Object.entries(plainEnvironment("/nonexistent")).map(([name, value]) => `${name}='${value}'`);
    const command = `env ${env.join(" ")} '${Deno.execPath()}' run -A --quiet '${CLI}' help run; echo end; exec cat`;
    await using terminal = await openTerminal(command, { columns: 50, lines: 160 });
    const screen = await waitFor("the help", async () => {
      const text = await terminal.screen();
      return /^end$/m.test(text) ? text : undefined;
    });
    // The terminal has broken no line.
    const { command: run } = COMMANDS.find(({ path }) => path.join(" ") === "run")!;
    const lines = [...commandHelp(run, 50).split("\n"), "end"];
    assertEquals(screen.split("\n").slice(0, lines.length).map((line) => line.trimEnd()), lines);
  },
});
