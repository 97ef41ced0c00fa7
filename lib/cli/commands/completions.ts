import { completionScript, SHELLS } from "../completions.ts";
import { defineCommand } from "../command.ts";
import { notOneOf } from "../usage_error.ts";
import { print } from "../print.ts";

export default defineCommand({
  usage: "completions bash|zsh|fish",
  about: "Prints a script that completes commands, flags and process ids in a shell.",
  flags: {},
  exitCodes: "0 success, 2 unknown shell",
  examples: ["source <(claustrum completions bash)", "claustrum completions fish | source"],
  arity: { least: 1, most: 1 },
  async run({ args: [name] }, program) {
    const shell = SHELLS.find((each) => each === name);
    if (shell === undefined) throw notOneOf("completions", SHELLS, name);
    print(await completionScript(shell, program));
    return 0;
  },
});
