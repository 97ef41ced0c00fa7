import { assert, assertEquals } from "@std/assert";
import type { AnyCommand } from "../../lib/cli/command.ts";
import group from "../../lib/cli/commands/session/group.ts";
import { commandHelp, groupHelp } from "../../lib/cli/help.ts";

for (const [name, { load }] of Object.entries(group.commands)) {
  Deno.test(`claustrum session ${name} says how it is called, and takes the flags of all its kind`, async () => {
    const command = (await load()).default as AnyCommand;
    assert(command.usage.startsWith(`session ${name}`), command.usage);
    for (const flag of ["json", "state-dir", "config", "no-start"]) assert(flag in command.flags, flag);
    const lines = commandHelp(command, 80).split("\n");
    assertEquals(lines.filter((line) => line.length > 80), []);
  });
}

Deno.test("the help of claustrum session fits 80 columns", () => {
  assertEquals(groupHelp(["session"], group, 80).split("\n").filter((line) => line.length > 80), []);
});
