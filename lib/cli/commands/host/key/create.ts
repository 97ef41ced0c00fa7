import { defineHubCommand } from "../../../hub_command.ts";
import { printMessage, writeStderr } from "../../../print.ts";

export default defineHubCommand({
  usage: "host key create NAME",
  about: `Makes the key with which a host dials this hub, and the host if there is none. The key
is shown this once: the hub stores its hash alone. On the host, put it into a file that
you alone can read, and run claustrum hub link.`,
  flags: {},
  examples: ["claustrum host key create laptop > laptop.key"],
  arity: { least: 1, most: 1 },
  async run({ flags, args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const made = await client.call("hosts.create_key", { host_name: name });
    const { url } = await client.call("hub.status", {});
    printResult(made, () => made.key);
    if (flags.json) return 0;
    const place = url === undefined ? "wss://THIS-HUB" : url.replace(/^http/, "ws");
    // How claustrum is called there is not known here.
    writeStderr(
      "claustrum: keep the key now: it cannot be shown again. " +
        `On the host: claustrum hub link ${place}/ws/daemon --key-file FILE\n`,
    );
    if (url === undefined) printMessage("this hub has no web address that a host could dial: see listen in hub.toml");
    return 0;
  },
});
