import { defineCommand } from "../command.ts";
import { findCommand } from "../find_command.ts";
import { commandHelp, groupHelp, overview } from "../help.ts";
import { print } from "../print.ts";
import { columnsOf } from "../terminal.ts";
import { UsageError } from "../usage_error.ts";

export default defineCommand({
  usage: "help [COMMAND]",
  about: "Lists the commands, or shows the help of one.",
  flags: {},
  exitCodes: "0 success, 2 unknown command",
  examples: ["claustrum help serve"],
  arity: { least: 0, most: Infinity },
  async run({ args }, program) {
    const columns = columnsOf(Deno.stdout);
    if (args.length === 0) {
      print(overview(program, columns));
      return 0;
    }
    const found = await findCommand(program.commands, args);
    if (found.rest[0] !== undefined) throw new UsageError(`help takes no argument "${found.rest[0]}"`);
    print("group" in found ? groupHelp(found.path, found.group, columns) : commandHelp(found.command, columns));
    return 0;
  },
});
