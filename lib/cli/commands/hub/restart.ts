import { defineCommand } from "../../command.ts";
import { HUB_PLACE_FLAGS } from "../../hub_request.ts";
import { print } from "../../print.ts";

export default defineCommand({
  usage: "hub restart [--daemon] [--state-dir DIR] [--json]",
  about: `Starts the hub anew, as this version of claustrum and with the name and the web address
that it has. Agents run on, and so do browsers that are signed in. No hub there is a
success: none is started.`,
  flags: {
    ...HUB_PLACE_FLAGS,
    daemon: { kind: "boolean", help: "the daemon first: it hands its processes over to one of this version" },
    json: { kind: "boolean", help: "print the result as JSON" },
  },
  exitCodes: "0 done, 1 the hub or the daemon could not be started anew, 2 wrong arguments",
  examples: ["claustrum hub restart", "claustrum hub restart --daemon"],
  async run({ flags: { daemon, json, ...request } }, program) {
    const { restartHub } = await import("../../launch_hub.ts");
    const { pid, handedOver } = await restartHub(request, daemon, program);
    if (json) {
      print(JSON.stringify({ ...(pid === undefined ? {} : { pid }), handed_over: handedOver }));
      return 0;
    }
    if (daemon) print(handedOver ? "the daemon has handed its processes over" : "no daemon is running");
    print(pid === undefined ? "no hub is running" : `restarted the hub (pid ${pid})`);
    return 0;
  },
});
