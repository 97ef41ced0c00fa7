import { defineCommand } from "../command.ts";
import { connect, HUB_UNREACHABLE, isHubUnreachable } from "../hub_command.ts";
import { HUB_FLAGS } from "../hub_connection.ts";
import { printMessage } from "../print.ts";
import { abortOnTermination } from "../termination_signal.ts";

export default defineCommand({
  usage: "mcp [--allow-writes] [--state-dir DIR] [--config FILE] [--no-start]",
  about: `Serves MCP on stdin and stdout, until stdin ends: the sessions of this machine as tools for agents. Without
--allow-writes, agents see what all sessions say and do, and change nothing; with it, they also start, prompt, stop and
remove sessions.

No tool answers a permission, sets a policy or a permission mode, trusts a directory, or passes arguments to the agent
CLI: only people do that. Yet an agent that may prompt a session can have it do all that the session may do without a
question: do not use --allow-writes beside sessions that bypass permissions or allow everything.`,
  flags: {
    "allow-writes": { kind: "boolean", help: "offer the tools that change something, too" },
    ...HUB_FLAGS,
  },
  exitCodes:
    "0 stdin has ended, 1 failed, 2 wrong arguments, 3 no hub could be reached, 130 or 143 ended by a signal, " +
    "141 stdout has no reader",
  examples: [
    "claude mcp add claustrum -- claustrum mcp",
    "claude mcp add claustrum -- claustrum mcp --allow-writes",
  ],
  async run({ flags }, program) {
    using termination = abortOnTermination();
    try {
      const first = await connect(flags, program);
      const { HubLink } = await import("../mcp/hub_link.ts");
      await using client = new HubLink(first, () => connect({ ...flags, "no-start": true }, program));
      const { serveMcp } = await import("../mcp/server.ts");
      if (Deno.stdin.isTerminal()) printMessage("speaks MCP on stdin and stdout; ctrl-D ends it");
      const code = await serveMcp({ client, allowsWrites: flags["allow-writes"], signal: termination.signal });
      return termination.signal.aborted ? termination.exitCode : code;
    } catch (error) {
      if (!isHubUnreachable(error)) throw error;
      printMessage(error.message);
      return HUB_UNREACHABLE;
    }
  },
});
