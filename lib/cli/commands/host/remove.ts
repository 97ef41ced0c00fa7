import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "host remove NAME",
  about: "Forgets a host. Its hub, its sessions and what is installed there stay.",
  flags: {},
  examples: ["claustrum host remove box"],
  arity: { least: 1, most: 1 },
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const result = await client.call("hosts.remove", { host_name: name });
    printResult(result, () => `forgot ${toOneLine(name)}`);
    return 0;
  },
});
