import { defineHubCommand } from "../../hub_command.ts";
import { reportStart } from "../../started_session.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "session fork NAME [--name NEW]",
  about: "Starts a new session with a copy of the conversation of another one.",
  flags: { name: { kind: "string", short: "n", value: "NEW", help: "the name of the new session" } },
  examples: ["claustrum session fork web --name web-idea"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags, args: [name = ""], connect }) {
    await using client = await connect();
    const session = await client.call("session.fork", {
      session_name: name,
      ...(flags.name === undefined ? {} : { name: flags.name }),
    });
    return reportStart(session, flags.json, `started ${toOneLine(session.name)} in ${toOneLine(session.path)}`);
  },
});
