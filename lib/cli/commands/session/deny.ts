import { defineHubCommand } from "../../hub_command.ts";
import { choosePermission, pendingPermissions } from "../../pending_permission.ts";
import { describePermission } from "../../permission_text.ts";

export default defineHubCommand({
  usage: "session deny NAME [ID] [--message TEXT] [--interrupt]",
  about: "Denies what the agent asks for. ID may be left out while only one permission waits.",
  flags: {
    message: { kind: "string", short: "m", value: "TEXT", help: "what the agent reads about it" },
    interrupt: { kind: "boolean", help: "end the turn, too" },
  },
  examples: ["claustrum session deny web", "claustrum session deny web --message 'use the staging database'"],
  arity: { least: 1, most: 2 },
  completes: "sessions",
  async run({ flags: { message, interrupt }, args: [name = "", id], connect, printResult }) {
    await using client = await connect();
    const session = await client.call("session.get", { session_name: name });
    const permission = choosePermission(await pendingPermissions(client, session.id), id, session);
    const result = await client.call("permission.answer", {
      permission_id: permission.id,
      decision: "deny",
      ...(message === undefined ? {} : { message }),
      ...(interrupt ? { interrupt } : {}),
    });
    printResult(result, () => "input" in permission ? `denied ${describePermission(permission)[0]}` : "denied");
    return 0;
  },
});
