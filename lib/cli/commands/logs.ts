import { ProcessLostError } from "../../client/errors.ts";
import type { StreamName } from "../../process/frame_codec.ts";
import { writeAll } from "../../system/io.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { BROKEN_PIPE } from "../exit_code.ts";
import { hasNoReader, toWriteError } from "../print.ts";

const NEWLINE = 0x0a;

export default defineCommand({
  usage: "logs ID [-f] [--stdout | --stderr] [--tail N] [--socket PATH]",
  about: `Prints what the replay buffer of a process holds, each stream to its own. It only
looks: whoever has the stream keeps it, and nothing is held up.`,
  flags: {
    ...SOCKET_FLAG,
    follow: { kind: "boolean", short: "f", help: "go on with what comes, until the process ends" },
    stdout: { kind: "boolean", help: "its stdout only" },
    stderr: { kind: "boolean", help: "its stderr only" },
    tail: { kind: "integer", short: "n", value: "N", help: "begin with the last N lines" },
  },
  exitCodes: "0 printed, 1 there is no such process or daemon, 2 wrong arguments, 141 nobody reads it any more",
  examples: ["claustrum logs job", "claustrum logs -f --tail 20 job"],
  arity: { least: 1, most: 1 },
  completes: "processes",
  async run({ flags, args: [id = ""] }) {
    await using client = await connectToDaemon(flags.socket ?? defaultSocket());
    const { processes } = await client.call("process.list");
    const process = processes.find((each) => each.id === id);
    if (process === undefined) throw new ProcessLostError(`there is no process "${id}": see claustrum ps`);
    const wanted = (stream: StreamName) => flags.stdout === flags.stderr || flags[stream];
    const held: { stream: StreamName; data: Uint8Array }[] = [];
    const { lastSeq } = process;
    if (lastSeq === 0 && !flags.follow) return 0;
    try {
      // What is lost before the oldest frame is no news to somebody who looks.
      for await (const frame of client.frames(id, { observe: true, onGap: () => {} })) {
        if (frame.stream !== "exit" && wanted(frame.stream)) {
          if (flags.tail === undefined || frame.seq > lastSeq) await print(frame.stream, frame.data);
          else held.push({ stream: frame.stream, data: frame.data });
        }
        if (frame.seq < lastSeq) continue;
        for (const { stream, data } of lastLines(held.splice(0), flags.tail ?? 0)) await print(stream, data);
        if (!flags.follow) break;
      }
      return 0;
    } catch (error) {
      if (hasNoReader(error)) return BROKEN_PIPE;
      throw error;
    }
  },
});

async function print(stream: StreamName, data: Uint8Array): Promise<void> {
  try {
    await writeAll(stream === "stdout" ? Deno.stdout : Deno.stderr, data);
  } catch (error) {
    throw hasNoReader(error) ? error : toWriteError(stream, error);
  }
}

/** The pieces from where the last lines begin, whichever stream they are of. */
function lastLines<T extends { readonly data: Uint8Array }>(pieces: readonly T[], lines: number): T[] {
  if (lines === 0) return [];
  let missing = lines;
  // A newline at the very end ends the last line, and begins none.
  let end = pieces.at(-1)?.data.at(-1) === NEWLINE ? -1 : 0;
  for (let i = pieces.length - 1; i >= 0; i--) {
    const { data } = pieces[i]!;
    for (let at = data.length - 1 + end; at >= 0; at--) {
      if (data[at] !== NEWLINE || --missing > 0) continue;
      return [{ ...pieces[i]!, data: data.subarray(at + 1) }, ...pieces.slice(i + 1)];
    }
    end = 0;
  }
  return [...pieces];
}
