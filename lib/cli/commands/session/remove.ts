import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "session remove NAME [--worktree] [--confirm DIRNAME]",
  about: `Forgets a stopped session and its events. The conversation of the agent CLI stays.
With --worktree, the work tree that was made for the session goes, too, with its branch;
what is not committed there, or on no other branch and no remote, is lost only when you
confirm that.`,
  flags: {
    worktree: { kind: "boolean", help: "remove the work tree that was made for it" },
    confirm: { kind: "string", value: "DIRNAME", help: "the name of the work tree's directory, to lose its work" },
  },
  examples: ["claustrum session remove web", "claustrum session remove fix-login --worktree"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags: { worktree, confirm }, args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const { worktree: left } = worktree ? {} : await client.call("session.get", { session_name: name });
    const result = await client.call("session.remove", {
      session_name: name,
      remove_worktree: worktree || undefined,
      confirm,
    });
    const note = left === undefined ? "" : `; its work tree stays: ${toOneLine(left.path)}`;
    printResult(result, () => `removed${note}`);
    return 0;
  },
});
