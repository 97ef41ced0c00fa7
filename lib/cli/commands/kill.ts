import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { UsageError } from "../usage_error.ts";
import { printMessage } from "../print.ts";

const SIGNALS: ReadonlySet<string> = new Set(["KILL", "INT", "HUP", "TERM"]);
/** How long a process may take to end, in milliseconds. */
const GRACE_MS = 3_000;

export default defineCommand({
  usage: "kill ID [--signal S] [--wait] [--timeout D] [--socket PATH]",
  about: `Sends a signal to a process. KILL goes to its whole process group, other signals to
the process only. With --wait it returns after the process has ended, and sends
SIGKILL when the timeout expires.`,
  flags: {
    ...SOCKET_FLAG,
    signal: { kind: "string", short: "s", value: "S", help: "KILL, INT, HUP or TERM (default TERM)" },
    wait: { kind: "boolean", short: "w", help: "wait until the process has ended" },
    timeout: { kind: "duration", value: "D", help: "time to wait before SIGKILL; implies --wait (default 3s)" },
  },
  exitCodes: "0 signal sent or, with --wait, process ended; 1 no such process, or it did not end; 2 wrong arguments",
  examples: ["claustrum kill job", "claustrum kill job --signal INT --wait --timeout 10s"],
  arity: { least: 1, most: 1 },
  completes: "processes",
  async run({ flags: { socket = defaultSocket(), signal = "TERM", wait, timeout }, args: [id = ""] }) {
    if (!SIGNALS.has(signal.replace(/^SIG/, ""))) {
      throw new UsageError(`unknown signal "${signal}": choose KILL, INT, HUP or TERM`);
    }
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    if (!processes.some((process) => process.id === id)) {
      printMessage(`there is no process "${id}": see claustrum ps`);
      return 1;
    }
    if (!wait && timeout === undefined) {
      await client.call("process.kill", { id, signal });
      return 0;
    }
    const { died } = await client.call("process.killAndWait", { id, signal, timeoutMs: timeout ?? GRACE_MS });
    if (!died) printMessage(`process "${id}" is still running`);
    return died ? 0 : 1;
  },
});
