import { defineHubCommand } from "../../hub_command.ts";
import { formatProject } from "../../project_text.ts";
import { columnsOf } from "../../terminal.ts";

export default defineHubCommand({
  usage: "project show NAME",
  about: "Shows a project, and the work trees that were made in it for sessions.",
  flags: {},
  examples: ["claustrum project show web", "claustrum project show web --json"],
  arity: { least: 1, most: 1 },
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const project = await client.call("project.get", { project_name: name });
    const sessions = project.worktrees.length === 0 ? [] : await client.call("sessions.list", {});
    const names = new Map(sessions.map((session) => [session.id, session.name]));
    printResult(project, () => formatProject(project, names, columnsOf(Deno.stdout)));
    return 0;
  },
});
