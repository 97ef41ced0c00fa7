import { defineHubCommand } from "../../hub_command.ts";
import { print } from "../../print.ts";
import { formatInstances } from "../../remote_instance.ts";
import { columnsOf } from "../../terminal.ts";

export default defineHubCommand({
  usage: "remote list [PROJECT] [--quiet]",
  about: "Lists the instances of remote control, the newest first.",
  flags: { quiet: { kind: "boolean", short: "q", help: "print the names only, one per line" } },
  examples: ["claustrum remote list", "claustrum remote list web --json"],
  arity: { least: 0, most: 1 },
  completes: "projects",
  async run({ flags: { quiet, json }, args: [project], connect, printResult }) {
    await using client = await connect();
    const instances = await client.call("instances.list", { project });
    if (quiet && !json) {
      for (const { name } of instances) print(name);
      return 0;
    }
    printResult(instances, () => formatInstances(instances, { columns: columnsOf(Deno.stdout), now: Date.now() }));
    return 0;
  },
});
