import { defineCommand } from "../command.ts";
import { findCommand } from "../find_command.ts";
import { commandHelp, groupHelp, overview } from "../help.ts";
import { withOwnCommand } from "../own_command.ts";
import { print } from "../print.ts";
import { columnsOf } from "../terminal.ts";
import { UsageError } from "../usage_error.ts";

export default defineCommand({
  usage: "help [COMMAND]",
  about: "Lists the commands, or shows the help of one.",
  flags: {},
  exitCodes: "0 success, 2 unknown command",
  examples: ["claustrum help run", "claustrum help session start"],
  arity: { least: 0, most: Infinity },
  async run({ args }, program) {
    const columns = columnsOf(Deno.stdout);
    if (args.length === 0) {
      print(withOwnCommand(overview(program, columns)));
      return 0;
    }
    const found = await findCommand(program.commands, args);
    if (found.rest[0] !== undefined) throw new UsageError(`help takes no argument "${found.rest[0]}"`);
    const help = "group" in found ? groupHelp(found.path, found.group, columns) : commandHelp(found.command, columns);
    print(withOwnCommand(help));
    return 0;
  },
});
