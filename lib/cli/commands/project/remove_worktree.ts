import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "project remove-worktree NAME WORKTREE [--confirm DIRNAME]",
  about: `Removes a work tree that was made in a project for a session, with its branch. WORKTREE is its
path, or the name of its directory; claustrum project show lists them. What is not committed
there, or on no other branch and no remote, is lost only when you confirm that.`,
  flags: {
    confirm: { kind: "string", value: "DIRNAME", help: "the name of the work tree's directory, to lose its work" },
  },
  examples: ["claustrum project remove-worktree web fix-login"],
  arity: { least: 2, most: 2 },
  completes: "projects",
  async run({ flags: { confirm }, args: [project_name = "", worktree = ""], connect, printResult }) {
    await using client = await connect();
    const result = await client.call("project.worktree.remove", { project_name, worktree, confirm });
    printResult(result, () => `removed ${toOneLine(worktree)}`);
    return 0;
  },
});
