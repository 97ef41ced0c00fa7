import { shellQuote } from "../../../system/quote.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { reportStart } from "../../started_session.ts";
import { toOneLine } from "../../terminal_text.ts";
import { startTrusted } from "../../trusted_directory.ts";

export default defineHubCommand({
  usage: "session resume NAME [--trust] [--confirm DIRNAME]",
  about: `Starts the agent of a stopped session again. It goes on with the prompts that wait. The
hooks of the directory run: for one that you do not trust any more, or not yet on this
machine, you are asked on a terminal; elsewhere, --trust records that you trust it.`,
  flags: {
    trust: { kind: "boolean", help: "record that you trust the directory" },
    confirm: {
      kind: "string",
      value: "DIRNAME",
      help: "the name of the directory, to confirm that everything is allowed there",
    },
  },
  examples: ["claustrum session resume web", "claustrum session resume web --trust"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags, args: [name = ""], connect }) {
    await using client = await connect();
    const session = await startTrusted({
      start: (trust = flags.trust || undefined) =>
        client.call("session.resume", {
          session_name: name,
          ...(flags.confirm === undefined ? {} : { confirm: flags.confirm }),
          ...(trust === undefined ? {} : { trust }),
        }),
      isStdinFree: true,
      how: `claustrum session resume --trust ${shellQuote(name)}`,
      refusal: "the session was not resumed",
    });
    return reportStart(session, flags.json, `resumed ${toOneLine(session.name)}`);
  },
});
