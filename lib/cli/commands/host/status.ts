import { defineHubCommand } from "../../hub_command.ts";
import { formatHost } from "../../host_text.ts";

export default defineHubCommand({
  usage: "host status NAME",
  about: "Shows a host, and what to do where it is not up.",
  flags: {},
  examples: ["claustrum host status box"],
  exitCodes: "0 it is up, 1 it is not, 2 wrong arguments, 3 no hub could be reached",
  arity: { least: 1, most: 1 },
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const host = await client.call("hosts.get", { host_name: name });
    printResult(host, () => formatHost(host));
    return host.state === "up" ? 0 : 1;
  },
});
