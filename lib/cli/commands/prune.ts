import { RpcCallError } from "../../client/errors.ts";
import { HELPER_PREFIX } from "../../client/run_command.ts";
import { INVALID_PARAMS } from "../../rpc/errors.ts";
import { defaultSocket } from "../../system/paths.ts";
import type { Client } from "../../client/connect.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { print } from "../print.ts";

/** How the ids of a hub's processes begin; the hub forgets them when it has read how they ended. */
const HUB_PREFIXES = [HELPER_PREFIX, "session/"];

export default defineCommand({
  usage: "prune [--socket PATH]",
  about: `Forgets all processes that have ended, and their output, except those of a hub, which
does so itself.`,
  flags: SOCKET_FLAG,
  exitCodes: "0 success, 1 daemon not reachable, 2 wrong arguments",
  examples: ["claustrum prune"],
  async run({ flags: { socket = defaultSocket() } }) {
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    const ended = processes.filter(({ id, running }) =>
      !running && !HUB_PREFIXES.some((prefix) => id.startsWith(prefix))
    );
    const forgotten = await Promise.all(ended.map(({ id }) => forget(client, id)));
    const count = forgotten.filter((isForgotten) => isForgotten).length;
    print(count === 1 ? "1 process forgotten" : `${count} processes forgotten`);
    return 0;
  },
});

/** Forgets a process, unless another client has done so, or has started one with the same id. */
async function forget(client: Client, id: string): Promise<boolean> {
  try {
    await callExtension(client, "forget a process", "process.forget", { id });
    return true;
  } catch (error) {
    if (error instanceof RpcCallError && error.code === INVALID_PARAMS) return false;
    throw error;
  }
}
