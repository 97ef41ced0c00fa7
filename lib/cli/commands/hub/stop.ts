import type { HubPaths } from "../../../hub/hub_paths.ts";
import { HubUnreachableError } from "../../../hub/hub_errors.ts";
import { isLockHeld, readLockRecord } from "../../../system/lock_file.ts";
import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { defineCommand } from "../../command.ts";
import { hubPathsOf, tryConnect } from "../../hub_connection.ts";
import { HUB_PLACE_FLAGS } from "../../hub_request.ts";
import { print } from "../../print.ts";

/** How long the hub may take to end, in milliseconds. */
const END_MS = 10_000;
const POLL_MS = 10;

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
      if (await isLockHeld(paths.lock)) await waitForEnd(paths, pid);
      print("no hub is running");
      return 0;
    }
    await waitForEnd(paths, pid);
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

async function waitForEnd({ lock }: HubPaths, pid: number | undefined): Promise<void> {
  const deadline = performance.now() + END_MS;
  while (await isLockHeld(lock)) {
    if (performance.now() > deadline) {
      throw new ClaustrumError(`the hub has not stopped yet${pid === undefined ? "" : `: kill ${pid} ends it`}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
