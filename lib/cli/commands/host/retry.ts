import { defineHubCommand } from "../../hub_command.ts";
import { formatHost } from "../../host_text.ts";
import { waitForHost } from "../../host_wait.ts";

export default defineHubCommand({
  usage: "host retry NAME",
  about: "Tries a host again now, as after you have mended what was wrong.",
  flags: {},
  examples: ["claustrum host retry box"],
  exitCodes: "0 it is up, 1 it is not, 2 wrong arguments, 3 no hub could be reached",
  arity: { least: 1, most: 1 },
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    await client.call("hosts.retry", { host_name: name });
    const host = await waitForHost(client, name);
    printResult(host, () => formatHost(host));
    return host.state === "up" ? 0 : 1;
  },
});
