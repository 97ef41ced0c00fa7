import { defineHubCommand } from "../../hub_command.ts";
import { formatHost } from "../../host_text.ts";
import { waitForHost } from "../../host_wait.ts";

export default defineHubCommand({
  usage: "host add NAME ssh://[USER@]HOST[:PORT]|link|nats",
  about: `Adds a host, and waits until it is up or needs you. HOST may be an alias of your ssh
configuration, and ssh://HOST uses its user and port. A host with the address link dials
this hub itself, with a key: claustrum host key create NAME makes both. Hosts of NATS are
shown by themselves; nats keeps one here while it is away, and nats://HUB gives HUB
another name.`,
  flags: {},
  examples: [
    "claustrum host add box ssh://box",
    "claustrum host add lab ssh://me@10.0.0.7:2222",
    "claustrum host add web nats://web-prod-1",
  ],
  exitCodes: "0 it is up, 1 it is not or the arguments do not fit, 2 wrong arguments, 3 no hub could be reached",
  arity: { least: 2, most: 2 },
  async run({ args: [name = "", address = ""], connect, printResult }) {
    await using client = await connect();
    await client.call("hosts.add", { name, address });
    const host = await waitForHost(client, name);
    printResult(host, () => formatHost(host));
    return host.state === "up" ? 0 : 1;
  },
});
