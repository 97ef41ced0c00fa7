import { defineHubCommand } from "../../../hub_command.ts";
import { toOneLine } from "../../../terminal_text.ts";

export default defineHubCommand({
  usage: "host key revoke NAME",
  about: `Makes the key of a host invalid at once, and ends its connection. The host stays, and
is shown as it was last seen.`,
  flags: {},
  examples: ["claustrum host key revoke laptop"],
  arity: { least: 1, most: 1 },
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const done = await client.call("hosts.revoke_key", { host_name: name });
    printResult(done, () => `revoked the key of ${toOneLine(name)}`);
    return 0;
  },
});
