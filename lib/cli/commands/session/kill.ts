import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "session kill NAME",
  about: `Kills the agent of a session at once, with every command that it runs. The
conversation and the prompts that wait stay; claustrum session resume goes on with them.`,
  flags: {},
  examples: ["claustrum session kill web"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const session = await client.call("session.kill", { session_name: name });
    printResult(session, () => `killed ${toOneLine(session.name)}`);
    return 0;
  },
});
