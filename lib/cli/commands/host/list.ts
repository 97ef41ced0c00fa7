import { defineHubCommand } from "../../hub_command.ts";
import { formatHosts } from "../../host_text.ts";
import { columnsOf } from "../../terminal.ts";

export default defineHubCommand({
  usage: "host list",
  about: "Lists the hosts: how each is reached, how it goes, and when it was last heard of.",
  flags: {},
  examples: ["claustrum host list", "claustrum host list --json"],
  async run({ connect, printResult }) {
    await using client = await connect();
    const hosts = await client.call("hosts.list", {});
    printResult(hosts, () => formatHosts(hosts, { columns: columnsOf(Deno.stdout), now: Date.now() }));
    return 0;
  },
});
