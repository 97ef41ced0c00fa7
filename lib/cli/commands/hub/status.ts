import type { HubStatus } from "../../../hub/operation_types.ts";
import { defineCommand } from "../../command.ts";
import { hubPathsOf, NO_HUB, NoHubError, noHubText, tryConnect } from "../../hub_connection.ts";
import { HUB_PLACE_FLAGS } from "../../hub_request.ts";
import { linkText } from "../../link_text.ts";
import { print, printError, printText } from "../../print.ts";
import { formatAge } from "../../table.ts";

export default defineCommand({
  usage: "hub status [--state-dir DIR] [--json]",
  about: "Tells whether the hub is up, and what its sessions do.",
  flags: { ...HUB_PLACE_FLAGS, json: { kind: "boolean", help: "print it as JSON" } },
  exitCodes: "0 it is up, 1 it did not tell, 2 wrong arguments, 3 it is not up",
  examples: ["claustrum hub status", "claustrum hub status --json"],
  async run({ flags }) {
    const paths = hubPathsOf(flags);
    try {
      await using client = await tryConnect(paths);
      if (client === undefined) throw new NoHubError(noHubText(flags));
      const status = await client.call("hub.status", {});
      if (flags.json) print(JSON.stringify({ running: true, ...status }));
      else printText(describe(status));
      return 0;
    } catch (error) {
      if (!(error instanceof NoHubError)) throw error;
      if (flags.json) print(JSON.stringify({ running: false, socket: paths.socket }));
      else printError(`claustrum: ${error.message}`);
      return NO_HUB;
    }
  },
});

function describe(
  { name, version, pid, uptime_seconds, url, socket, daemon, sessions, last_event, links = [] }: HubStatus,
): string {
  const counts = Object.entries(sessions).map(([status, count]) => `${count} ${status}`).join(", ");
  const daemonText = daemon.running ? `up, ${daemon.version ?? "of unknown version"}` : "not up";
  return `up on ${socket}, ${version}
  web         ${url ?? "none: claustrum hub start opens one"}
  name        ${name}
  pid         ${pid}
  up for      ${formatAge(uptime_seconds)}
  daemon      ${daemonText}, on ${daemon.socket}
  sessions    ${counts || "none"}
  last event  ${last_event}${links.map((link) => `\n  link        ${linkText(link)}`).join("")}`;
}
