/**
 * Claustrum with a hub whose sessions are in memory, for the tests of the hub's process.
 *
 * @module
 */

import { main } from "../../cli.ts";
import type { CommandTable } from "../../lib/cli/command.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import group from "../../lib/cli/commands/hub.ts";
import { startCommand } from "../../lib/cli/commands/hub/start.ts";
import { hubHere } from "../../lib/cli/hub_here.ts";
import { runCommand } from "../../lib/cli/run_command.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";

const start = startCommand((request) =>
  hubHere(request, ({ host }) => {
    const sessions = new MemorySessions();
    sessions.create("s", { host });
    return Promise.resolve(sessions);
  })
);

const hubCommands: CommandTable = {
  ...group.commands,
  start: { summary: "start it", load: () => Promise.resolve({ default: start }) },
};

const commands: CommandTable = {
  ...PROGRAM.commands,
  hub: { summary: "the hub", load: () => Promise.resolve({ default: { ...group, commands: hubCommands } }) },
};

if (import.meta.main) {
  // The launcher of the daemon starts this program with the classic flags.
  const isClassic = Deno.args[0]?.startsWith("-") ?? false;
  Deno.exit(await (isClassic ? main(Deno.args) : runCommand(Deno.args, { commands, isMain: () => false })));
}
