import { defineHubCommand } from "../../hub_command.ts";

export default defineHubCommand({
  usage: "session remove NAME",
  about: "Forgets a stopped session and its events. The conversation of the agent CLI stays.",
  flags: {},
  examples: ["claustrum session remove web"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const result = await client.call("session.remove", { session_name: name });
    printResult(result, () => "removed");
    return 0;
  },
});
