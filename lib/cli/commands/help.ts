import { defineCommand } from "../command.ts";
import { commandHelp, overview } from "../help.ts";
import { print } from "../print.ts";
import { columnsOf } from "../terminal.ts";

export default defineCommand({
  usage: "help [COMMAND]",
  about: "Shows what commands there are, or the help of one.",
  flags: {},
  exitCodes: "0 shown, 2 there is no such command",
  examples: ["claustrum help serve"],
  arity: { least: 0, most: 1 },
  async run({ args: [topic] }, program) {
    const columns = columnsOf(Deno.stdout);
    print(topic === undefined ? overview(program, columns) : commandHelp(await program.load(topic), columns));
    return 0;
  },
});
