import { defineHubCommand } from "../../hub_command.ts";
import { pendingPermissions } from "../../pending_permission.ts";
import { formatSession } from "../../session_text.ts";
import { columnsOf } from "../../terminal.ts";

export default defineHubCommand({
  usage: "session show NAME",
  about: "Shows a session: its state, the prompts that wait, and what it asks for.",
  flags: {},
  examples: ["claustrum session show web", "claustrum session show web --json"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const session = await client.call("session.get", { session_name: name });
    const permissions = session.permissions.length === 0 ? [] : await pendingPermissions(client, session.id);
    const options = { columns: columnsOf(Deno.stdout), now: Date.now() };
    printResult(session, () => formatSession(session, permissions, options));
    return 0;
  },
});
