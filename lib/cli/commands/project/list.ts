import type { HubClient } from "../../../hub/hub_client.ts";
import type { ProjectList } from "../../../projects/types.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { print, printMessage } from "../../print.ts";
import { formatProjects, skippedLines } from "../../project_text.ts";
import { columnsOf } from "../../terminal.ts";

/** How long to wait for what git says, in milliseconds, and how often to ask. */
const [GIT_MS, ASK_MS] = [2_000, 100];

export default defineHubCommand({
  usage: "project list [--quiet]",
  about:
    "Lists the projects with their branches, the files that differ from the last commit, and the sessions that run.",
  flags: { quiet: { kind: "boolean", short: "q", help: "print the names only, one per line" } },
  examples: ["claustrum project list", "claustrum project list --json"],
  async run({ flags: { quiet, json }, connect, printResult }) {
    await using client = await connect();
    if (quiet && !json) {
      for (const { name } of (await client.call("projects.list", {})).projects) print(name);
      return 0;
    }
    const list = await listWithGit(client);
    printResult(list, () => formatProjects(list, columnsOf(Deno.stdout)));
    if (!json) { for (const line of skippedLines(list)) printMessage(line); }
    return 0;
  },
});

/** Lists the projects; waits a moment for git, which the hub asks in the background. */
async function listWithGit(client: HubClient): Promise<ProjectList> {
  const end = performance.now() + GIT_MS;
  for (;;) {
    const list = await client.call("projects.list", {});
    const isKnown = list.projects.every((project) => !project.is_git_repo || project.changes !== null);
    if (isKnown || performance.now() > end) return list;
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}
