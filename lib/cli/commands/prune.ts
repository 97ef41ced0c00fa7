import { RpcCallError } from "../../client/errors.ts";
import { HELPER_PREFIX } from "../../client/run_command.ts";
import { INVALID_PARAMS } from "../../rpc/errors.ts";
import { counted } from "../../system/counted.ts";
import { defaultSocket } from "../../system/paths.ts";
import type { Client } from "../../client/connect.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { logRecords } from "../log_lookup.ts";
import { print } from "../print.ts";

/** How the ids of a hub's processes begin; the hub forgets them when it has read how they ended. */
const HUB_PREFIXES = [HELPER_PREFIX, "session/"];

export default defineCommand({
  usage: "prune [--keep-logs] [--socket PATH]",
  about: `Forgets all processes that have ended, and their output, except those of a hub, which
does so itself. It also removes the logs of all processes that do not run, except files
that were named with run --log=FILE.`,
  flags: {
    ...SOCKET_FLAG,
    "keep-logs": { kind: "boolean", help: "leave the files of their logs where they are" },
  },
  exitCodes: "0 success, 1 daemon not reachable, 2 wrong arguments",
  examples: ["claustrum prune"],
  async run({ flags: { socket = defaultSocket(), "keep-logs": keepsLogs } }) {
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    const isOurs = ({ id }: { readonly id: string }) => !HUB_PREFIXES.some((prefix) => id.startsWith(prefix));
    const ended = processes.filter((process) => !process.running && isOurs(process));
    const records = keepsLogs ? [] : await logRecords(socket);
    const left = records.filter(({ id }) => !processes.some((process) => process.id === id));
    const forgotten = await Promise.all(ended.map(({ id }) => forget(client, id, !keepsLogs)));
    await Promise.all(left.map(({ id }) => forget(client, id, true)));
    const count = forgotten.filter((isForgotten) => isForgotten).length;
    const remaining = new Set(keepsLogs ? [] : (await logRecords(socket)).map(({ id }) => id));
    const mayRemove = [...ended, ...left].map(({ id }) => id);
    const removed = records.filter(({ id, isChosen }) =>
      !isChosen && mayRemove.includes(id) && !remaining.has(id)
    ).length;
    const logs = removed === 0 ? "" : `, ${counted(removed, "log")} removed`;
    print(`${counted(count, "process", "processes")} forgotten${logs}`);
    return 0;
  },
});

/** Forgets a process, unless another client has done so, or has started one with the same id. */
async function forget(client: Client, id: string, removesLog: boolean): Promise<boolean> {
  try {
    await callExtension(client, "forget a process", "process.forget", { id, ...(removesLog ? { log: true } : {}) });
    return true;
  } catch (error) {
    if (error instanceof RpcCallError && error.code === INVALID_PARAMS) return false;
    throw error;
  }
}
