import type { Client } from "../../client/connect.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { chooseProcesses } from "../process_lookup.ts";
import { stillRunning } from "../process_text.ts";
import { notOneOf, notTogether } from "../usage_error.ts";
import { printMessage } from "../print.ts";

const NAMES = ["KILL", "INT", "HUP", "TERM"] as const;
const SIGNALS: ReadonlyMap<string, string> = new Map([
  ...NAMES.map((name) => [name, name] as const),
  ["9", "KILL"],
  ["2", "INT"],
  ["1", "HUP"],
  ["15", "TERM"],
]);
/** How long a process may take to end, in milliseconds. */
const GRACE_MS = 3_000;

export default defineCommand({
  usage: "kill ID… [-9 | --signal S] [--wait] [--timeout D] [--socket PATH]",
  about: `Sends a signal to processes. KILL goes to the whole process group, other signals to
the process only. With --wait or --timeout it returns after they have ended, and sends
SIGKILL when the timeout expires. What ends by it is not started again by its restart policy.`,
  flags: {
    ...SOCKET_FLAG,
    signal: {
      kind: "string",
      short: "s",
      value: "S",
      words: NAMES,
      help: "KILL, INT, HUP or TERM (default TERM), or its number",
    },
    kill: { kind: "boolean", short: "9", help: "the same as --signal KILL" },
    wait: { kind: "boolean", short: "w", help: "wait until the processes have ended" },
    timeout: { kind: "duration", value: "D", help: "time to wait before SIGKILL; implies --wait (default 3s)" },
  },
  exitCodes:
    "0 signals sent or, with --wait, processes ended; 1 no such process, or one did not end; 2 wrong arguments",
  examples: [
    "claustrum kill job",
    "claustrum kill web worker --timeout 10",
    "claustrum kill job --signal INT --wait --timeout 10s",
  ],
  arity: { least: 1, most: Infinity },
  completes: "processes",
  async run({ flags: { socket = defaultSocket(), signal, kill, wait, timeout }, args }) {
    const name = signalName(signal, kill);
    const graceMs = wait || timeout !== undefined ? timeout ?? GRACE_MS : undefined;
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    const ids = chooseProcesses(processes, args, { isTold: true }).map(({ id }) => id);
    const ended = await Promise.all(ids.map((id) => send(client, id, name, graceMs)));
    return ended.every((hasEnded) => hasEnded) ? 0 : 1;
  },
});

function signalName(signal: string | undefined, isKill: boolean): string {
  if (isKill && signal !== undefined) throw notTogether("-9", "--signal");
  const name = isKill ? "KILL" : SIGNALS.get((signal ?? "TERM").toUpperCase().replace(/^SIG/, ""));
  if (name === undefined) throw notOneOf("--signal", NAMES, signal);
  return name;
}

/** Sends a signal; returns whether the process has ended, if this is to be waited for. */
async function send(client: Client, id: string, signal: string, graceMs: number | undefined): Promise<boolean> {
  if (graceMs === undefined) {
    await client.call("process.kill", { id, signal });
    return true;
  }
  const { died } = await client.call("process.killAndWait", { id, signal, timeoutMs: Math.max(1, Math.ceil(graceMs)) });
  if (!died) printMessage(stillRunning(id));
  return died;
}
