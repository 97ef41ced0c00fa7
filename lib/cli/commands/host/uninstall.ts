import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";
import { withProgress } from "../../host_progress.ts";

export default defineHubCommand({
  usage: "host uninstall NAME [--sessions]",
  about: `Takes away what claustrum host install has installed on a host, and says what it leaves.
Its hub and its daemon are stopped first; it refuses while sessions or other processes run
there. Terminals of remote control that live in tmux are left, and named.`,
  flags: { sessions: { kind: "boolean", help: "end all that the daemon runs there first", isDestructive: true } },
  examples: ["claustrum host uninstall box"],
  arity: { least: 1, most: 1 },
  async run({ flags: { sessions, json }, args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const isShown = Deno.stderr.isTerminal() && !json;
    const params = { host_name: name, sessions };
    const result = await withProgress(client, name, isShown, () => client.call("hosts.uninstall", params));
    printResult(result, () => {
      const left = result.left.map((path) => `left there: ${path}`);
      return [`claustrum is no longer installed on ${name}`, ...left].map(toOneLine).join("\n");
    });
    return 0;
  },
});
