import { defineHubCommand } from "../../hub_command.ts";
import { parsePolicy } from "../../policy_argument.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "session policy NAME [ask|allow|deny] [--confirm DIRNAME]",
  about: `Shows or changes what happens with permissions that no rule covers: a person is asked,
or they are allowed or denied. To allow everything, the configuration must permit it for the
directory, and --confirm repeats the name of the directory.`,
  flags: {
    confirm: {
      kind: "string",
      value: "DIRNAME",
      help: "the name of the directory, to confirm that everything is allowed there",
    },
  },
  examples: ["claustrum session policy web", "claustrum session policy web deny"],
  arity: { least: 1, most: 2 },
  completes: "sessions",
  async run({ flags: { confirm }, args: [name = "", given], connect, printResult }) {
    const policy = given === undefined ? undefined : parsePolicy(given);
    await using client = await connect();
    const session = policy === undefined
      ? await client.call("session.get", { session_name: name })
      : await client.call("session.configure", {
        session_name: name,
        policy,
        ...(confirm === undefined ? {} : { confirm }),
      });
    printResult(session, () => toOneLine(session.policy));
    return 0;
  },
});
