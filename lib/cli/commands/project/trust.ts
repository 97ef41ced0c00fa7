import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "project trust NAME",
  about: `Records that you trust a project, where the agent CLI keeps that, too. As soon as a
session starts in a project, the hooks of its settings run: look at it first.`,
  flags: {},
  examples: ["claustrum project trust web"],
  arity: { least: 1, most: 1 },
  completes: "projects",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const project = await client.call("project.trust", { project_name: name });
    printResult(project, () => `trusted ${toOneLine(project.path)}`);
    return 0;
  },
});
