import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "session stop NAME",
  about: `Stops the agent of a session: interrupts its turn and lets it end. The conversation and
the prompts that wait stay; claustrum session resume goes on with them.`,
  flags: {},
  examples: ["claustrum session stop web"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const session = await client.call("session.stop", { session_name: name });
    printResult(session, () => `stopped ${toOneLine(session.name)}`);
    return 0;
  },
});
