import { bridge } from "../../client/bridge.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { checkSocketPath } from "../socket_path.ts";

export default defineCommand({
  usage: "bridge [--socket PATH]",
  about: `Copies raw bytes between stdin, stdout and the socket of the daemon until the
daemon closes the connection. After stdin ends, replies are still printed.`,
  flags: SOCKET_FLAG,
  exitCodes: "0 connection closed, 1 daemon not reachable or stdin or stdout failed, 2 wrong arguments",
  examples: ["ssh host claustrum bridge"],
  async run({ flags: { socket = defaultSocket() } }) {
    checkSocketPath(socket);
    await bridge({ socket });
    return 0;
  },
});
