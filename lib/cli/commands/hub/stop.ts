import type { HubPaths } from "../../../hub/hub_paths.ts";
import { HubUnreachableError } from "../../../hub/hub_errors.ts";
import { isLockHeld, readLockRecord } from "../../../system/lock_file.ts";
import { defineCommand } from "../../command.ts";
import { hubPathsOf, tryConnect } from "../../hub_connection.ts";
import { HUB_PLACE_FLAGS } from "../../hub_request.ts";
import { waitUntilStopped } from "../../hub_end.ts";
import { print } from "../../print.ts";

export default defineCommand({
  usage: "hub stop [--state-dir DIR] [--sessions]",
  about: `Stops the hub and waits until it has ended. Agents run on in the daemon, and the
next hub goes on with them. No hub there is a success.`,
  flags: {
    ...HUB_PLACE_FLAGS,
    sessions: { kind: "boolean", help: "stop all agents first", isDestructive: true },
  },
  exitCodes: "0 no hub runs any more, 1 it was not stopped, 2 wrong arguments",
  examples: ["claustrum hub stop", "claustrum hub stop --sessions"],
  async run({ flags }) {
    const paths = hubPathsOf(flags);
    const pid = readLockRecord(paths.lock)?.pid;
    if (!await askToStop(paths, flags.sessions)) {
      if (await isLockHeld(paths.lock)) await waitUntilStopped(paths, pid);
      print("no hub is running");
      return 0;
    }
    await waitUntilStopped(paths, pid);
    print(`stopped the hub${pid === undefined ? "" : ` (pid ${pid})`}`);
    return 0;
  },
});

/** Returns whether there was a hub to ask. */
async function askToStop(paths: HubPaths, sessions: boolean): Promise<boolean> {
  await using client = await tryConnect(paths);
  if (client === undefined) return false;
  try {
    await client.call("daemon.stop", { sessions });
  } catch (error) {
    // It may end before its answer arrives.
    if (!(error instanceof HubUnreachableError)) throw error;
  }
  return true;
}
