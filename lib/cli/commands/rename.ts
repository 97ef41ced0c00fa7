import { RpcCallError } from "../../client/errors.ts";
import { INVALID_PARAMS } from "../../rpc/errors.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { lookUpProcess } from "../process_lookup.ts";
import { showId } from "../process_text.ts";
import { UsageError } from "../usage_error.ts";

export default defineCommand({
  usage: "rename ID NEW [--socket PATH]",
  about: `Gives a process another id. Who is attached to it stays attached, and the old id is free
for another process.`,
  flags: SOCKET_FLAG,
  exitCodes: "0 success; 1 no such process or daemon, or the new id is taken; 2 wrong arguments",
  examples: ["claustrum rename 3f2a web"],
  arity: { least: 2, most: 2 },
  completes: "processes",
  async run({ flags: { socket = defaultSocket() }, args: [text = "", to = ""] }) {
    if (to === "") throw new UsageError("the new id is empty");
    await using client = await connectToDaemon(socket);
    const { id } = await lookUpProcess(client, text, { isTold: true });
    try {
      await callExtension(client, "rename a process", "process.rename", { id, to });
    } catch (error) {
      if (!(error instanceof RpcCallError) || error.code !== INVALID_PARAMS) throw error;
      throw new ClaustrumError(`"${showId(to)}" is the id of another process: choose another one`, { cause: error });
    }
    return 0;
  },
});
