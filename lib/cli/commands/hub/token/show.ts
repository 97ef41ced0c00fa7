import { type HubPaths, prepareHubDirectories } from "../../../../hub/hub_paths.ts";
import { readHubToken, rotateHubToken } from "../../../../hub/hub_token.ts";
import { ClaustrumError } from "../../../../system/claustrum_error.ts";
import { defineCommand } from "../../../command.ts";
import { isHubUnreachable } from "../../../hub_command.ts";
import { hubPathsOf, tryConnect } from "../../../hub_connection.ts";
import { HUB_PLACE_FLAGS } from "../../../hub_request.ts";
import { print, printMessage } from "../../../print.ts";

export default defineCommand({
  usage: "hub token [show] [--state-dir DIR] [--rotate]",
  about: `Prints the token with which programs talk to the hub. A hub that runs takes a new
token at once, and the former one no more: connections and sign-ins with it end. The
named API tokens stay.`,
  flags: {
    ...HUB_PLACE_FLAGS,
    rotate: { kind: "boolean", help: "replace the token" },
  },
  exitCodes: "0 printed, 1 there is no token yet, 2 wrong arguments",
  examples: ["claustrum hub token", "claustrum hub token --rotate"],
  async run({ flags }) {
    const paths = hubPathsOf(flags);
    if (flags.rotate) {
      await prepareHubDirectories(paths);
      print(await rotateHubToken(paths.token));
      await tellHub(paths);
      return 0;
    }
    const token = await readHubToken(paths.token);
    if (token === undefined) throw new ClaustrumError("there is no token yet: claustrum hub start makes one");
    print(token);
    return 0;
  },
});

/** A hub that runs notices a new token at the next call. One that is not reached notices it when it starts. */
async function tellHub(paths: HubPaths): Promise<void> {
  try {
    await using client = await tryConnect(paths);
    await client?.call("permissions.list", {});
  } catch (error) {
    if (!isHubUnreachable(error)) throw error;
    printMessage(error.message);
  }
}
