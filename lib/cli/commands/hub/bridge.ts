import { bridge } from "../../../client/bridge.ts";
import { DialError } from "../../../client/dial.ts";
import { defineCommand } from "../../command.ts";
import { hubPathsOf, NoHubError, noHubText } from "../../hub_connection.ts";
import { HUB_PLACE_FLAGS } from "../../hub_request.ts";

export default defineCommand({
  usage: "hub bridge [--state-dir DIR]",
  about: `Copies raw bytes between stdin, stdout and the socket of the hub until the hub
closes the connection: for hosts whose ssh forwards no sockets.`,
  flags: HUB_PLACE_FLAGS,
  exitCodes: "0 connection closed, 1 hub not reachable or stdin or stdout failed, 2 wrong arguments",
  examples: ["ssh host claustrum hub bridge"],
  async run({ flags }) {
    const { socket } = hubPathsOf(flags);
    try {
      await bridge({ socket });
      return 0;
    } catch (error) {
      if (!(error instanceof DialError) || !error.isAbsent) throw error;
      throw new NoHubError(noHubText(flags), { cause: error });
    }
  },
});
