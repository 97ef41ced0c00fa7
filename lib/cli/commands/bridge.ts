import { bridge } from "../../client/bridge.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { checkSocketPath } from "../socket_path.ts";

export default defineCommand({
  usage: "bridge [--socket PATH]",
  about: `Copies raw bytes between stdin, stdout and the daemon's socket until the daemon
closes. The end of stdin is passed on; answers still arrive.`,
  flags: SOCKET_FLAG,
  exitCodes: "0 the connection ended, 1 no daemon could be reached, or stdin or stdout failed, 2 wrong arguments",
  examples: ["ssh host claustrum bridge"],
  async run({ flags: { socket = defaultSocket() } }) {
    checkSocketPath(socket);
    await bridge({ socket });
    return 0;
  },
});
