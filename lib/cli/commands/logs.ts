import type { StreamName } from "../../process/frame_codec.ts";
import { writeAll } from "../../system/io.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { BROKEN_PIPE } from "../exit_code.ts";
import { lookUpProcess } from "../process_lookup.ts";
import { hasNoReader, toWriteError } from "../print.ts";

const NEWLINE = 0x0a;

export default defineCommand({
  usage: "logs ID [-f] [--stdout | --stderr] [--tail N] [--socket PATH]",
  about: `Prints the buffered stdout and stderr of a process. It does not detach other
clients and never slows the process down.`,
  flags: {
    ...SOCKET_FLAG,
    follow: { kind: "boolean", short: "f", help: "continue with new output until the process ends" },
    stdout: { kind: "boolean", help: "print stdout only" },
    stderr: { kind: "boolean", help: "print stderr only" },
    tail: { kind: "integer", short: "n", value: "N", help: "start with the last N lines" },
  },
  exitCodes: "0 success, 1 no such process or daemon, 2 wrong arguments, 141 stdout closed",
  examples: ["claustrum logs job", "claustrum logs -f --tail 20 job"],
  arity: { least: 1, most: 1 },
  completes: "processes",
  async run({ flags, args: [text = ""] }) {
    await using client = await connectToDaemon(flags.socket ?? defaultSocket());
    const { id, lastSeq } = await lookUpProcess(client, text);
    const wanted = (stream: StreamName) => flags.stdout === flags.stderr || flags[stream];
    const tail: { stream: StreamName; data: Uint8Array }[] = [];
    if (lastSeq === 0 && !flags.follow) return 0;
    try {
      // Frames that the buffer has dropped are not an error here.
      for await (const frame of client.frames(id, { observe: true, onGap: () => {} })) {
        if (frame.stream !== "exit" && wanted(frame.stream)) {
          if (flags.tail === undefined || frame.seq > lastSeq) await writeOutput(frame.stream, frame.data);
          else tail.push({ stream: frame.stream, data: frame.data });
        }
        if (frame.seq < lastSeq) continue;
        for (const { stream, data } of lastLines(tail.splice(0), flags.tail ?? 0)) await writeOutput(stream, data);
        if (!flags.follow) break;
      }
      return 0;
    } catch (error) {
      if (hasNoReader(error)) return BROKEN_PIPE;
      throw error;
    }
  },
});

async function writeOutput(stream: StreamName, data: Uint8Array): Promise<void> {
  try {
    await writeAll(stream === "stdout" ? Deno.stdout : Deno.stderr, data);
  } catch (error) {
    throw hasNoReader(error) ? error : toWriteError(stream, error);
  }
}

/** Returns the pieces of output that contain the last lines of both streams together. */
function lastLines<T extends { readonly data: Uint8Array }>(pieces: readonly T[], lines: number): T[] {
  if (lines === 0) return [];
  let missing = lines;
  // A newline at the very end terminates the last line and does not start another one.
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
