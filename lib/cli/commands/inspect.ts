import type { Result } from "../../rpc/method_types.ts";
import { defaultSocket } from "../../system/paths.ts";
import { shellQuote } from "../../system/quote.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { print } from "../print.ts";
import { lookUpProcess } from "../process_lookup.ts";
import { describeState, type ListedProcess, showId } from "../process_text.ts";
import { formatBytes } from "../progress_bar.ts";
import { toOneLine } from "../terminal_text.ts";

type Inspected = ListedProcess & Partial<Pick<Result<"process.inspect">, "env" | "cleanEnv" | "file">>;

export default defineCommand({
  usage: "inspect ID [--env] [--json] [--socket PATH]",
  about: "Shows all that the daemon knows of a process.",
  flags: {
    ...SOCKET_FLAG,
    env: { kind: "boolean", help: "also the environment that it was started with, with all secrets in it" },
    json: { kind: "boolean", help: "print the result as JSON" },
  },
  exitCodes: "0 success, 1 no such process or daemon, 2 wrong arguments",
  examples: ["claustrum inspect web", "claustrum inspect web --json | jq .pid"],
  arity: { least: 1, most: 1 },
  completes: "processes",
  async run({ flags: { socket = defaultSocket(), env, json }, args: [text = ""] }) {
    await using client = await connectToDaemon(socket);
    const listed = await lookUpProcess(client, text);
    const environment = env
      ? await callExtension(client, "show the environment of a process", "process.inspect", {
        id: listed.id,
        env: true,
      })
      : {};
    const process: Inspected = { ...listed, ...environment };
    print(json ? JSON.stringify(process) : format(process));
    return 0;
  },
});

function format(process: Inspected): string {
  const {
    id,
    command,
    args,
    cwd,
    pid,
    startTime,
    attached,
    bufferedBytes,
    daemon,
    restart,
    restarts,
    labels,
    log,
    env,
  } = process;
  const { cleanEnv = false, file } = process;
  const rows: (readonly [string, string])[] = [
    ["id", showId(id)],
    ["state", describeState(process)],
    ["pid", String(pid)],
    ["started", new Date(startTime * 1000).toISOString()],
    ["command", [command, ...args].map((word) => shellQuote(toOneLine(word))).join(" ")],
    ...(file === undefined || file === command ? [] : [["program", toOneLine(file)] as const]),
    ["directory", cwd === "" ? "the daemon's" : toOneLine(cwd)],
    ["buffered", formatBytes(bufferedBytes)],
    ...(log === undefined ? [] : [["log", toOneLine(log)] as const]),
    ["attached", attached ? "yes" : "no"],
    ...(restart === undefined ? [] : [["restart", restart] as const]),
    ...(restarts === undefined ? [] : [["restarts", String(restarts)] as const]),
    ...(daemon === undefined ? [] : [["daemon", `${daemon}, retired`] as const]),
    ...Object.entries(labels ?? {}).map(([name, value]) => ["label", toOneLine(`${name}=${value}`)] as const),
    ...(cleanEnv ? [["clean env", "yes, it gets nothing else than this"] as const] : []),
    ...Object.entries(env ?? {}).map(([name, value]) => ["env", toOneLine(`${name}=${value}`)] as const),
  ];
  return rows.map(([name, value]) => `${name.padEnd(11)}${value}`).join("\n");
}
