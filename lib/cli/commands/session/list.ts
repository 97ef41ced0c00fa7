import { defineHubCommand } from "../../hub_command.ts";
import { print } from "../../print.ts";
import { formatSessions } from "../../session_text.ts";
import { columnsOf } from "../../terminal.ts";

export default defineHubCommand({
  usage: "session list [--all] [--quiet]",
  about: "Lists sessions, the newest first.",
  flags: {
    all: { kind: "boolean", short: "a", help: "list those that have stopped or failed, too" },
    quiet: { kind: "boolean", short: "q", help: "print the names only, one per line" },
  },
  examples: ["claustrum session list", "claustrum list --all --json"],
  async run({ flags: { all, quiet, json }, connect, printResult }) {
    await using client = await connect();
    const sessions = await client.call("sessions.list", all ? {} : { active: true });
    if (quiet && !json) {
      for (const { name } of sessions) print(name);
      return 0;
    }
    printResult(sessions, () => formatSessions(sessions, { columns: columnsOf(Deno.stdout), now: Date.now() }));
    return 0;
  },
});
