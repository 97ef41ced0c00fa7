import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { choosePermission, pendingPermissions } from "../../pending_permission.ts";
import { answerCommands, describePermission, userQuestions } from "../../permission_text.ts";

export default defineHubCommand({
  usage: "session approve NAME [ID] [--for-session]",
  about: "Allows what the agent asks for. ID may be left out while only one permission waits.",
  flags: {
    "for-session": { kind: "boolean", help: "allow the like from now on; claustrum session rules lists it" },
  },
  examples: ["claustrum session approve web", "claustrum session approve web --for-session"],
  arity: { least: 1, most: 2 },
  completes: "sessions",
  async run({ flags, args: [name = "", id], connect, printResult }) {
    await using client = await connect();
    const session = await client.call("session.get", { session_name: name });
    const permission = choosePermission(await pendingPermissions(client, session.id), id, session);
    if ("input" in permission && userQuestions(permission).length > 0) {
      const [[, command] = []] = answerCommands(permission, session.name);
      throw new ClaustrumError(`the agent wants an answer and no approval: ${command}`);
    }
    const decision = flags["for-session"] ? "allow_session" : "allow";
    const result = await client.call("permission.answer", { permission_id: permission.id, decision });
    printResult(result, () => "input" in permission ? `approved ${describePermission(permission)[0]}` : "approved");
    return 0;
  },
});
