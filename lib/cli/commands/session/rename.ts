import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "session rename NAME NEW",
  about: "Gives a session another name.",
  flags: {},
  examples: ["claustrum session rename web-2 web-login"],
  arity: { least: 2, most: 2 },
  completes: "sessions",
  async run({ args: [name = "", newName = ""], connect, printResult }) {
    await using client = await connect();
    const session = await client.call("session.configure", { session_name: name, name: newName });
    printResult(session, () => `renamed to ${toOneLine(session.name)}`);
    return 0;
  },
});
