import { defineHubCommand } from "../../hub_command.ts";
import { reportStart } from "../../started_session.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "session resume NAME [--confirm DIRNAME]",
  about: "Starts the agent of a stopped session again. It goes on with the prompts that wait.",
  flags: {
    confirm: {
      kind: "string",
      value: "DIRNAME",
      help: "the name of the directory, to confirm that everything is allowed there",
    },
  },
  examples: ["claustrum session resume web"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags, args: [name = ""], connect }) {
    await using client = await connect();
    const session = await client.call("session.resume", {
      session_name: name,
      ...(flags.confirm === undefined ? {} : { confirm: flags.confirm }),
    });
    return reportStart(session, flags.json, `resumed ${toOneLine(session.name)}`);
  },
});
