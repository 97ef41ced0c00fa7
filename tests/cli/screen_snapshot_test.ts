import { assertEquals, assertStringIncludes } from "@std/assert";
import { takeSnapshot } from "../../lib/cli/screen_snapshot.ts";
import { type Client, connect } from "../../lib/client/mod.ts";
import { startDaemon } from "../helpers/daemon.ts";

/** Starts a shell script in a terminal, and returns the `seq` of the frame in which it has said `end`. */
async function runToEnd(client: Client, id: string, script: string): Promise<number> {
  const args = ["-c", `${script}; printf end; exec sleep 1000`];
  const process = await client.spawn({ id, command: "sh", args, tty: { columns: 40, rows: 10 } });
  process.detach();
  let tail = "";
  for await (const frame of client.frames(id, { observe: true })) {
    if (frame.stream === "stdout") tail = tail.slice(-2) + new TextDecoder().decode(frame.data.slice(-3));
    if (tail.endsWith("end")) return frame.seq;
  }
  throw new Error("The script has ended");
}

Deno.test("takeSnapshot() paints what a process shows, at the person's size", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const lastSeq = await runToEnd(client, "short", `echo "${"long ".repeat(12)}"; printf '\\033[?25l'`);
  const { painting, size, modes } = await takeSnapshot(client, "short", lastSeq, { columns: 80, rows: 20 });
  const text = new TextDecoder().decode(painting);
  assertEquals(size, { columns: 40, rows: 10 });
  // The line that was wrapped is whole again.
  assertStringIncludes(text, `\x1b[H\x1b[2J${"long ".repeat(12)}\r\nend`);
  assertEquals([text.endsWith("\x1b[2;4H\x1b[?25l"), modes.isAlternate], [true, false]);
});

Deno.test("takeSnapshot() knows the modes from the beginning of more output than it emulates", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const lastSeq = await runToEnd(client, "long", "printf '\\033[?1049h\\033[?2004h'; seq 1000000 1200000");
  const { painting, modes } = await takeSnapshot(client, "long", lastSeq, { columns: 40, rows: 10 });
  const text = new TextDecoder().decode(painting);
  assertEquals(modes.isAlternate, true);
  assertStringIncludes(text, "\x1b[?1049h\x1b[H\x1b[2J1199992\r\n1199993\r\n");
  assertStringIncludes(text, "1200000\r\nend\x1b[10;4H\x1b[?2004h");
});
