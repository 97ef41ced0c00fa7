import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { choosePermission, pendingPermissions } from "../../pending_permission.ts";
import { userQuestions } from "../../permission_text.ts";
import { UsageError } from "../../usage_error.ts";
import { answeredInput } from "../../user_answers.ts";

export default defineHubCommand({
  usage: "session answer NAME ID KEY=VALUE…",
  about: `Answers questions of the agent. KEY is the number of a question, its header or its
text. VALUE is one of the options or any other text; where several are possible, the same
KEY may be given several times.`,
  flags: {},
  examples: [
    "claustrum session answer web 7d3c 1=Blue",
    "claustrum session answer web 7d3c Colour=Blue Sizes=S Sizes=L",
  ],
  arity: { least: 3, most: Infinity },
  completes: "sessions",
  async run({ args: [name = "", id = "", ...answers], connect, printResult }) {
    const strange = answers.find((answer) => !answer.includes("="));
    if (strange !== undefined) throw new UsageError(`session answer takes KEY=VALUE, not "${strange}"`);
    await using client = await connect();
    const session = await client.call("session.get", { session_name: name });
    const permission = choosePermission(await pendingPermissions(client, session.id), id, session);
    if (!("input" in permission)) {
      throw new ClaustrumError(`no question "${id}" of ${session.name} waits for an answer`);
    }
    if (userQuestions(permission).length === 0) {
      throw new ClaustrumError(`${permission.tool_name} asks no questions: approve or deny it`);
    }
    const result = await client.call("permission.answer", {
      permission_id: permission.id,
      decision: "allow",
      updated_input: answeredInput(permission.input, answers),
    });
    printResult(result, () => "answered");
    return 0;
  },
});
