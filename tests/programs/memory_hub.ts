/**
 * Claustrum with a hub whose sessions are in memory, for the tests of the hub's process.
 *
 * @module
 */

import { main } from "../../cli.ts";
import { type CommandTable, defineCommand } from "../../lib/cli/command.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import group from "../../lib/cli/commands/hub.ts";
import { startCommand } from "../../lib/cli/commands/hub/start.ts";
import { connectToHub, HUB_FLAGS, NO_HUB, NoHubError } from "../../lib/cli/hub_connection.ts";
import { hubHere } from "../../lib/cli/hub_here.ts";
import { print, printError } from "../../lib/cli/print.ts";
import { runCommand } from "../../lib/cli/run_command.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";

/** Throws where nothing catches it. */
function haveBugs(): void {
  Promise.reject(new TypeError("a forgotten promise"));
  queueMicrotask(() => {
    throw new TypeError("a forgotten task");
  });
  setTimeout(() => {
    throw new TypeError("a forgotten timer");
  }, 0);
}

const start = startCommand((request) =>
  hubHere(request, ({ host }) => {
    const sessions = new MemorySessions();
    sessions.create("s", { host });
    sessions.listen((message) => {
      if (message.type === "event" && Object.values(message.event.payload ?? {})[0] === "have bugs") haveBugs();
    });
    return Promise.resolve(sessions);
  })
);

const hubCommands: CommandTable = {
  ...group.commands,
  start: { summary: "start it", load: () => Promise.resolve({ default: start }) },
};

/** Prints the names of the sessions. */
const names = defineCommand({
  usage: "names",
  about: "Prints the names of the sessions.",
  flags: HUB_FLAGS,
  exitCodes: "0 printed, 3 no hub",
  examples: [],
  async run({ flags }, program) {
    try {
      await using client = await connectToHub(flags, program);
      const sessions = await client.call("sessions.list", {});
      print(sessions.map(({ name }) => name).join(" "));
      return 0;
    } catch (error) {
      if (!(error instanceof NoHubError)) throw error;
      printError(`claustrum: ${error.message}`);
      return NO_HUB;
    }
  },
});

const commands: CommandTable = {
  ...PROGRAM.commands,
  names: { summary: "print the names of the sessions", load: () => Promise.resolve({ default: names }) },
  hub: { summary: "the hub", load: () => Promise.resolve({ default: { ...group, commands: hubCommands } }) },
};

if (import.meta.main) {
  // The launcher of the daemon starts this program with the classic flags.
  const isClassic = Deno.args[0]?.startsWith("-") ?? false;
  Deno.exit(await (isClassic ? main(Deno.args) : runCommand(Deno.args, { commands, isMain: () => false })));
}
