import { defineHubCommand } from "../../hub_command.ts";
import type { Host } from "../../../hosts/types.ts";
import { absolutePath } from "../../absolute_path.ts";
import { print } from "../../print.ts";
import { withProgress } from "../../host_progress.ts";
import { toOneLine } from "../../terminal_text.ts";
import { notTogether } from "../../usage_error.ts";

export default defineHubCommand({
  usage: "host upgrade NAME | --all [--release DIR]",
  about: `Replaces the version of a host with the one of this hub: the daemon there hands its
processes over, the hub is restarted, and sessions go on. With --all, one host after another;
it stops at the first that fails.`,
  flags: {
    all: { kind: "boolean", help: "all hosts that are reached over ssh" },
    release: { kind: "string", value: "DIR", help: "the directory with the release" },
  },
  examples: ["claustrum host upgrade box", "claustrum host upgrade --all"],
  arity: { least: 0, most: 1 },
  async run({ flags: { all, release, json }, args: [name], connect }) {
    if (all === (name !== undefined)) throw notTogether("NAME", "--all");
    await using client = await connect();
    const names = name === undefined
      ? (await client.call("hosts.list", {})).filter(({ line }) => line === "ssh").map((host) => host.name)
      : [name];
    const hosts: Host[] = [];
    const isShown = Deno.stderr.isTerminal() && !json;
    for (const each of names) {
      const params = { host_name: each, ...(release === undefined ? {} : { release: absolutePath(release) }) };
      const host = await withProgress(client, each, isShown, () => client.call("hosts.upgrade", params));
      hosts.push(host);
      if (!json) print(toOneLine(`${each} runs ${host.version ?? "an unknown version"}`));
    }
    if (json) print(JSON.stringify(name === undefined ? hosts : hosts[0]));
    else if (names.length === 0) print("there are no hosts that are reached over ssh");
    return 0;
  },
});
