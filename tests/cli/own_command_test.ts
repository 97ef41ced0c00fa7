import { assertEquals } from "@std/assert";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { type CallerFacts, inOwnWords, ownCommand, withOwnCommand } from "../../lib/cli/own_command.ts";

const TASK = "deno task claustrum";

/** A user who has some programs on the PATH. */
function user(command: string | undefined, ...programs: string[]): CallerFacts {
  return { command, has: (program) => programs.includes(program), runtime: "2.9.6" };
}

Deno.test("ownCommand() is what the user can type", () => {
  assertEquals(ownCommand(user(undefined)), "claustrum");
  assertEquals(ownCommand(user("")), "claustrum");
  assertEquals(ownCommand(user(TASK, "deno", "claustrum")), "claustrum");
  assertEquals(ownCommand(user(TASK, "deno")), "deno task claustrum");
  assertEquals(ownCommand(user(TASK)), "npx -y deno@2.9.6 task claustrum");
  assertEquals(ownCommand(user("./my dist/claustrum")), "'./my dist/claustrum'");
});

Deno.test("inOwnWords() replaces the name of the program where a command of it follows, and nowhere else", () => {
  const facts = user(TASK, "deno");
  for (const name of Object.keys(PROGRAM.commands)) {
    assertEquals(inOwnWords(`try claustrum ${name}.`, facts), `try deno task claustrum ${name}.`);
  }
  for (
    const text of [
      "claustrum hosts processes",
      "claustrum: claustrum is not installed there",
      "125 claustrum itself failed",
      "~/.local/bin/claustrum run",
      "claustrum-0.2 help",
      "claustrum run-time",
    ]
  ) assertEquals(inOwnWords(text, facts), text);
  assertEquals(inOwnWords("claustrum hub start", user(undefined)), "claustrum hub start");
});

Deno.test("withOwnCommand() says what to type for claustrum, to those who cannot", () => {
  assertEquals(withOwnCommand("help", user(TASK, "claustrum")), "help");
  assertEquals(
    withOwnCommand("help", user(TASK)),
    "help\n\nHere, type this for claustrum: npx -y deno@2.9.6 task claustrum",
  );
});
