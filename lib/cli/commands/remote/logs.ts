import type { HubClient } from "../../../hub/hub_client.ts";
import type { InstanceLog } from "../../../remote/types.ts";
import { BROKEN_PIPE } from "../../exit_code.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { writeStdout } from "../../write_stdout.ts";

/** How much is asked for at once, in bytes. */
const PAGE_BYTES = 1 << 20;

export default defineHubCommand({
  usage: "remote logs NAME [-f] [--bytes N]",
  about: `Prints the end of an instance's log: what its debug file and its error output say, with
ids and secrets masked. With --follow, goes on with what is written.`,
  flags: {
    follow: { kind: "boolean", short: "f", help: "go on with new lines" },
    bytes: { kind: "integer", value: "N", help: "how much of it (default 65536, at most 1048576)" },
  },
  exitCodes: "0 done, 1 failed, 2 wrong arguments, 3 no hub could be reached, 141 stdout closed",
  examples: ["claustrum remote logs web", "claustrum remote logs -f web"],
  arity: { least: 1, most: 1 },
  completes: "instances",
  async run({ flags: { follow, bytes, json }, args: [name = ""], connect }) {
    await using client = await connect();
    const { id } = await client.call("instances.get", { instance_id: name });
    const print = (log: InstanceLog) => writeStdout(json ? `${JSON.stringify(log)}\n` : log.text);
    const first = await client.call("instance.log", { instance_id: id, bytes });
    if (!await print(first)) return BROKEN_PIPE;
    return !follow || await printRest(client, id, first.end, print) ? 0 : BROKEN_PIPE;
  },
});

/** Prints what is written from now on; returns false when stdout has no reader any more. */
async function printRest(
  client: HubClient,
  id: string,
  start: number,
  print: (log: InstanceLog) => Promise<boolean>,
): Promise<boolean> {
  let end = start;
  for await (const message of client.follow({ watch: [`log:${id}`, "instances"], sessions: [] })) {
    const isNew = message.type === "snapshot" || message.type === "notice";
    if (!isNew) continue;
    if ("removed" in message && message.removed === id) return true;
    // What was left out between two notices is asked for; so is what was written before the first one.
    for (;;) {
      const log = await client.call("instance.log", { instance_id: id, offset: end, bytes: PAGE_BYTES });
      if (log.end === end && log.text === "") break;
      if (!await print(log)) return false;
      end = log.end;
    }
  }
  return true;
}
