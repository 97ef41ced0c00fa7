import type { Client } from "../../client/connect.ts";
import { HELPER_PREFIX } from "../../client/run_command.ts";
import { readValue } from "../../config/values.ts";
import type { StreamName } from "../../process/frame_codec.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { requireExtension } from "../daemon_extensions.ts";
import { BROKEN_PIPE } from "../exit_code.ts";
import { chooseEither, chooseLog, earlierLogs, logRecords } from "../log_lookup.ts";
import { OutputPrinter } from "../output_printer.ts";
import { hasNoReader, printLines } from "../print.ts";
import { loggedOutput, type OutputEvent, processOutput, type ProcessOutputOptions } from "../process_output.ts";
import { showId } from "../process_text.ts";
import { notTogether, UsageError } from "../usage_error.ts";

export default defineCommand({
  usage: "logs ID|--list [-f] [--stdout | --stderr] [--tail N] [--since TIME] [--timestamps] [--socket PATH]",
  about: `Prints the stdout and stderr of a process that the daemon has in memory. If the
process has a log (run --log), older output comes from its files, also after the
process is forgotten or the daemon was started again. It does not detach other clients
and never slows the process down.`,
  flags: {
    ...SOCKET_FLAG,
    follow: {
      kind: "boolean",
      short: "f",
      help: "continue with new output until the process ends, over restarts and when another one replaces it",
    },
    stdout: { kind: "boolean", help: "print stdout only" },
    stderr: { kind: "boolean", help: "print stderr only" },
    tail: { kind: "integer", short: "n", value: "N", help: "start with the last N lines" },
    since: {
      kind: "string",
      value: "TIME",
      help: "start with what came in the last 10m, or after 2026-01-31T12:00:00Z",
    },
    timestamps: { kind: "boolean", short: "t", help: "print before each line when it came" },
    list: { kind: "boolean", help: "print the ids that have output, also those that only have a log, one per line" },
  },
  exitCodes: "0 success, 1 no such process, log or daemon, 2 wrong arguments, 141 stdout closed",
  examples: [
    "claustrum logs job",
    "claustrum logs -f --tail 20 job",
    "claustrum logs --since 10m --timestamps web",
  ],
  arity: { least: 0, most: 1 },
  completes: "logs",
  async run({ flags, args: [text] }) {
    const { socket = defaultSocket(), stdout, stderr, tail, timestamps: hasTimestamps, follow: follows } = flags;
    if (text !== undefined && flags.list) throw notTogether("ID", "--list");
    if (flags.list) return await list(socket);
    if (text === undefined) throw new UsageError("logs needs an ID, or --list: see claustrum help logs");
    const since = flags.since === undefined ? undefined : parseSince(flags.since, Date.now());
    const streams = (["stdout", "stderr"] as const).filter((stream: StreamName) => stdout === stderr || flags[stream]);
    const printer = new OutputPrinter({ streams, tail, since, hasTimestamps });
    const options = { follows, times: hasTimestamps || since !== undefined };
    try {
      for await (const event of outputOf(socket, text, options)) await printer.print(event);
      return 0;
    } catch (error) {
      if (hasNoReader(error)) return BROKEN_PIPE;
      throw error;
    }
  },
});

/** Prints the ids of the processes that the daemon has, if one runs, and of those that only have a log. */
async function list(socket: string): Promise<number> {
  const records = await logRecords(socket);
  const ids = new Set([...await processIds(socket), ...records.map(({ id }) => id).sort()]);
  printLines([...ids].filter((id) => !id.startsWith(HELPER_PREFIX)), showId);
  return 0;
}

async function processIds(socket: string): Promise<string[]> {
  try {
    await using client = await connectToDaemon(socket);
    return (await client.call("process.list")).processes.map(({ id }) => id);
  } catch (error) {
    if (error instanceof NoDaemonError) return [];
    throw error;
  }
}

/** Yields the output of the process that a text names, or what its log has if the daemon does not have it. */
async function* outputOf(
  socket: string,
  text: string,
  options: Omit<ProcessOutputOptions, "earlier">,
): AsyncGenerator<OutputEvent> {
  let client: Client;
  try {
    client = await connectToDaemon(socket);
  } catch (error) {
    const record = error instanceof NoDaemonError ? chooseLog(await logRecords(socket), text) : undefined;
    if (record === undefined) throw error;
    return yield* loggedOutput(record);
  }
  await using _closing = client;
  const { processes } = await client.call("process.list");
  const process = await chooseEither(processes, socket, text);
  if ("file" in process) return yield* loggedOutput(process);
  if (options.times) await requireExtension(client, "process.times", "tell when output came");
  yield* processOutput(client, process, { ...options, earlier: await earlierLogs(socket, process) });
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Parses a duration before now, or a time in ISO 8601; without a zone it is local time.
 *
 * @param now The time, in milliseconds since the epoch.
 */
export function parseSince(text: string, now: number): number {
  const time = ISO_TIME.test(text) ? Date.parse(text.length === 10 ? `${text}T00:00` : text) : NaN;
  if (!Number.isNaN(time)) return time;
  // As in every duration, a number without a unit is a number of seconds.
  const read = readValue("duration", /^\d+(?:\.\d+)?$/.test(text) ? `${text}s` : text);
  if (typeof read?.value === "number" && !read.wasNegative) return now - read.value;
  throw new UsageError(`--since takes a duration like 10m or a time like 2026-01-31T12:00:00Z, not "${text}"`);
}
