import { parseHookInput, recapFor } from "../../../remote/recap.ts";
import { defineCommand } from "../../command.ts";
import { writeStdout } from "../../write_stdout.ts";

/** The length of a recap by default, in characters. */
const MAX_CHARS = 8_000;

export default defineCommand({
  usage: "remote recap [--max-chars N]",
  about: `Prints the end of the last conversation in a directory, as a quotation. The agent CLI runs
it as a hook when a conversation begins, if remote.recap is set, and tells it on stdin
which one. Where there is nothing to tell, it prints nothing.`,
  flags: { "max-chars": { kind: "integer", value: "N", help: "how long the quotation may be (default 8000)" } },
  exitCodes: "0 in any case, 2 wrong arguments",
  examples: ["claustrum remote recap --max-chars 2000"],
  async run({ flags }) {
    try {
      const input = parseHookInput(await new Response(Deno.stdin.readable).text());
      const recap = input === undefined ? undefined : await recapFor(input, flags["max-chars"] ?? MAX_CHARS);
      if (recap !== undefined) await writeStdout(`${recap}\n`);
    } catch {
      // Whatever is wrong must not keep a session from starting, nor tell the agent about it.
    }
    return 0;
  },
});
