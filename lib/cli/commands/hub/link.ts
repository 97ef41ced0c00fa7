import { parseLinkUrl } from "../../../hub/links/link_config.ts";
import type { HubClient } from "../../../hub/hub_client.ts";
import type { HubLink } from "../../../hub/operation_types.ts";
import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../../../system/errno.ts";
import { shellQuote } from "../../../system/quote.ts";
import { absolutePath } from "../../absolute_path.ts";
import { defineCommand } from "../../command.ts";
import { HUB_PLACE_FLAGS, resolveRequest } from "../../hub_request.ts";
import { linkText } from "../../link_text.ts";
import { print, printMessage } from "../../print.ts";
import { connectStarted } from "../../running_hub.ts";
import { UsageError } from "../../usage_error.ts";

/** How long to wait until the other hub accepts or refuses, in milliseconds. */
const WAIT_MS = 12_000;
const POLL_MS = 50;

export default defineCommand({
  usage: "hub link URL --key-file FILE [--ca-file FILE] [--allow-insecure] [--state-dir DIR] [--config FILE] [--json]",
  about: `Has another hub show the sessions of this one: for a machine that the other one cannot
reach. This hub dials, again and again; on the other hub, claustrum host key create NAME
makes the key. The link is added to hub.toml, and a hub that runs is restarted for it;
agents run on. Whoever has the other hub can do here what you can.`,
  flags: {
    ...HUB_PLACE_FLAGS,
    "key-file": { kind: "string", value: "FILE", help: "the file with the key" },
    "ca-file": { kind: "string", value: "FILE", help: "certificates that are trusted, too (PEM)" },
    "allow-insecure": { kind: "boolean", help: "allow ws://, over which the key crosses the network in the clear" },
    json: { kind: "boolean", help: "print the result as JSON" },
  },
  exitCodes: "0 it is up, 1 it is not, 2 wrong arguments",
  examples: ["claustrum hub link wss://hub.example.org/ws/daemon --key-file ~/.config/claustrum/link.key"],
  arity: { least: 1, most: 1 },
  async run({ flags, args: [text = ""] }, program) {
    const parsed = parseLinkUrl(text, flags["allow-insecure"]);
    if ("problem" in parsed) throw new UsageError(`URL ${parsed.problem}`);
    if (flags["key-file"] === undefined) throw new UsageError("--key-file is missing: it names the file with the key");
    const keyFile = absolutePath(flags["key-file"]);
    await checkKeyFile(keyFile);
    const caFile = flags["ca-file"] === undefined ? undefined : absolutePath(flags["ca-file"]);
    const request = { "state-dir": flags["state-dir"], config: flags.config };
    const { addLink } = await import("../../link_config_file.ts");
    const { launchHubForLinks } = await import("../../launch_hub.ts");
    const link = { url: parsed.url, keyFile, caFile, allowsInsecure: flags["allow-insecure"] };
    const resolved = await resolveRequest(request);
    if (await addLink(link, resolved)) printMessage(`added the link to ${resolved.file}`);
    const { paths, pid } = await launchHubForLinks(request, program);
    await using client = await connectStarted(paths, pid);
    const found = await waitForLink(client, parsed.url);
    if (found === undefined) throw new ClaustrumError("the hub does not dial it: a variable may override links");
    print(flags.json ? JSON.stringify(found) : linkText(found));
    return found.status === "up" ? 0 : 1;
  },
});

async function checkKeyFile(path: string): Promise<void> {
  try {
    const { mode } = await Deno.stat(path);
    if (((mode ?? 0) & 0o077) !== 0) printMessage(`other users can read ${path}: run chmod 600 ${shellQuote(path)}`);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ClaustrumError(`cannot read ${path}: ${errnoText(error)}`, { cause: error });
  }
}

/** A hub that is restarted at the other end is a moment away. */
async function waitForLink(client: HubClient, url: string): Promise<HubLink | undefined> {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const found = (await client.call("hub.status", {})).links?.find((link) => link.url === url);
    const isSettled = found === undefined || found.status === "up" || found.status === "refused";
    if (isSettled || performance.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
