import { defineHubCommand } from "../../hub_command.ts";
import { absolutePath } from "../../absolute_path.ts";
import { formatHost } from "../../host_text.ts";
import { withProgress } from "../../host_progress.ts";

export default defineHubCommand({
  usage: "host install NAME [--release DIR]",
  about: `Installs claustrum on a host over your ssh, for your user alone, and waits until its hub is
up. The host needs sh, tar and gzip, and neither root, node nor the internet. What is sent is
the release that the hub runs from; from a checkout, what deno task pack made. Cut or
altered anywhere, nothing is installed, and what was there runs on.`,
  flags: { release: { kind: "string", value: "DIR", help: "the directory with the release" } },
  examples: ["claustrum host install box", "claustrum host install lab --release dist/portable/claustrum-linux-arm64"],
  arity: { least: 1, most: 1 },
  async run({ flags: { release, json }, args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const params = { host_name: name, ...(release === undefined ? {} : { release: absolutePath(release) }) };
    const isShown = Deno.stderr.isTerminal() && !json;
    const host = await withProgress(client, name, isShown, () => client.call("hosts.install", params));
    printResult(host, () => formatHost(host));
    return 0;
  },
});
