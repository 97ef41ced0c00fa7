import { defineCommand } from "../../command.ts";
import { HUB_PLACE_FLAGS } from "../../hub_request.ts";
import { openLink } from "../../open_link.ts";
import { print, printMessage } from "../../print.ts";
import { connectStarted } from "../../running_hub.ts";

export default defineCommand({
  usage: "hub open [--print] [--state-dir DIR] [--config FILE]",
  about: `Opens the hub's page in the browser and signs it in. Starts the hub if none runs, and
restarts one that has no web address; agents run on. The link counts once, for ten
minutes.`,
  flags: { ...HUB_PLACE_FLAGS, print: { kind: "boolean", help: "print the link instead" } },
  exitCodes: "0 opened or printed, 1 it could not, 2 wrong arguments",
  examples: ["claustrum hub open", "claustrum hub open --print"],
  async run({ flags: { print: prints, ...request } }, program) {
    const { launchHub } = await import("../../launch_hub.ts");
    const { pid, paths, warnings } = await launchHub(request, program);
    for (const warning of warnings) printMessage(warning);
    await using client = await connectStarted(paths, pid);
    const { url } = await client.call("auth.link", {});
    if (url !== undefined) print(url);
    if (!prints) await openLink(url);
    return 0;
  },
});
