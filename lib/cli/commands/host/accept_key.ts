import { defineHubCommand } from "../../hub_command.ts";
import { formatHost } from "../../host_text.ts";
import { waitForHost } from "../../host_wait.ts";

export default defineHubCommand({
  usage: "host accept-key NAME FINGERPRINT",
  about: `Accepts the key of a host that is not known yet, and adds it to your known_hosts.
Compare the fingerprint with what the host itself says (ssh-keygen -lf) first. A key
that has changed is never accepted here.`,
  flags: {},
  examples: ["claustrum host accept-key box SHA256:mVPwvezndPv…"],
  exitCodes: "0 it is up, 1 it is not, 2 wrong arguments, 3 no hub could be reached",
  arity: { least: 2, most: 2 },
  async run({ args: [name = "", fingerprint = ""], connect, printResult }) {
    await using client = await connect();
    await client.call("hosts.accept_key", { host_name: name, fingerprint });
    const host = await waitForHost(client, name);
    printResult(host, () => formatHost(host));
    return host.state === "up" ? 0 : 1;
  },
});
