import { defineHubCommand } from "../../hub_command.ts";
import { print } from "../../print.ts";
import { formatConversation, formatHistory } from "../../history_text.ts";
import { columnsOf } from "../../terminal.ts";
import { showControls } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "project history NAME [ID] [--limit N] [--before N]",
  about: `Lists the past conversations in a project, the newest first, or prints the last turns of one;
tools are named in brackets. claustrum session start PATH --resume ID goes on with one.`,
  flags: {
    limit: { kind: "integer", value: "N", help: "how many conversations or turns" },
    before: { kind: "integer", value: "N", help: "the turns before this one" },
  },
  examples: ["claustrum project history web", "claustrum project history web 0b7a5c1e-… --limit 4"],
  arity: { least: 1, most: 2 },
  completes: "projects",
  async run({ flags: { limit, before, json }, args: [project_name = "", id], connect, printResult }) {
    await using client = await connect();
    const few = limit === undefined ? {} : { limit };
    if (id === undefined) {
      const found = await client.call("project.history", { project_name, ...few });
      printResult(found, () => formatHistory(found, { columns: columnsOf(Deno.stdout), now: Date.now() }));
      return 0;
    }
    const page = await client.call("project.conversation", {
      project_name,
      conversation_id: id,
      ...few,
      ...(before === undefined ? {} : { before }),
    });
    if (json) print(JSON.stringify(page));
    // What was said must not control the terminal; a program gets the text as it is.
    else print(Deno.stdout.isTerminal() ? showControls(formatConversation(page)) : formatConversation(page));
    return 0;
  },
});
