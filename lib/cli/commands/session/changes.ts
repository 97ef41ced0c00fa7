import { defineHubCommand } from "../../hub_command.ts";
import { formatChanges } from "../../project_text.ts";
import { columnsOf } from "../../terminal.ts";

export default defineHubCommand({
  usage: "session changes NAME [--stat]",
  about: `Shows what differs from where a session started: the files that it, or somebody else
in its directory, has changed since, with those that git does not know yet.`,
  flags: { stat: { kind: "boolean", help: "list the files without their contents" } },
  examples: ["claustrum session changes web", "claustrum session changes web --stat"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags: { stat }, args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const changes = await client.call("session.changes", { session_name: name });
    printResult(changes, () => formatChanges(changes, { hasDiffs: !stat, columns: columnsOf(Deno.stdout) }));
    return 0;
  },
});
