import { defineHubCommand } from "../../hub_command.ts";
import { formatProject } from "../../project_text.ts";
import { columnsOf } from "../../terminal.ts";

export default defineHubCommand({
  usage: "project show NAME",
  about: "Shows a project: its files, what runs and was used in it, and the work trees of its sessions.",
  flags: {},
  examples: ["claustrum project show web", "claustrum project show web --json"],
  arity: { least: 1, most: 1 },
  completes: "projects",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const project = await client.call("project.get", { project_name: name });
    const sessions = project.worktrees.length === 0 ? [] : await client.call("sessions.list", {});
    const names = new Map(sessions.map((session) => [session.id, session.name]));
    const instances = project.remote === undefined ? [] : await client.call("instances.list", { project: name });
    printResult(project, () => formatProject(project, { names, instances, columns: columnsOf(Deno.stdout) }));
    return 0;
  },
});
