import { assertEquals } from "@std/assert";
import { defineCommand } from "../../lib/cli/command.ts";
import { parseInvocation } from "../../lib/cli/parse.ts";

const COMMAND = defineCommand({
  usage: "try ARGUMENT…",
  about: "Tries something.",
  flags: { text: { kind: "string", value: "TEXT", help: "a text" } },
  exitCodes: "0 done",
  examples: [],
  arity: { least: 0, most: Infinity },
  run: () => Promise.resolve(0),
});

for (const argument of ["007", "12345678e2", "0x10", "1_000", "-", "1.50", "NaN"]) {
  Deno.test(`parseInvocation() leaves the argument ${argument} as it is`, async () => {
    const parsed = await parseInvocation("try", COMMAND, [argument, `--text=${argument}`, "--", argument]);
    assertEquals([parsed?.args, parsed?.flags["text"]], [[argument, argument], argument]);
  });
}
