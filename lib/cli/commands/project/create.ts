import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "project create NAME [--git]",
  about: "Makes a directory for a project, below projects.root.",
  flags: { git: { kind: "boolean", help: "make a git repository in it" } },
  examples: ["claustrum project create web --git"],
  arity: { least: 1, most: 1 },
  async run({ flags: { git }, args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const project = await client.call("project.create", { name, git_init: git || undefined });
    printResult(project, () => `created ${toOneLine(project.path)}`);
    return 0;
  },
});
