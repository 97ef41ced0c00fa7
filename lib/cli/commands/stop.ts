import { stop } from "../../client/stop.ts";
import { defaultSocket } from "../../system/paths.ts";
import { stopRetired } from "../retired.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";

/** `claustrum stop` and its classic twin. */
export async function stopDaemon(socket: string): Promise<number> {
  const token = Deno.env.get("CLAUDE_RPC_TOKEN");
  await stop({ socket, ...(token === undefined || token === "" ? {} : { token }) });
  return 0;
}

export default defineCommand({
  usage: "stop [--socket PATH] [--all]",
  about: `Asks the daemon to stop, with the token from CLAUDE_RPC_TOKEN or from
daemon.token beside the socket. No daemon there is a success. Daemons that
have retired keep their processes, unless all are to stop.`,
  flags: {
    ...SOCKET_FLAG,
    all: { kind: "boolean", help: "stop the daemons that have retired, too", isDestructive: true },
  },
  exitCodes: "0 no daemon runs any more, 1 it refused the token, 2 wrong arguments",
  examples: ["claustrum stop", "ssh host claustrum stop", "claustrum stop --all"],
  async run({ flags: { socket = defaultSocket(), all } }) {
    const code = await stopDaemon(socket);
    if (all) await stopRetired(socket);
    return code;
  },
});
