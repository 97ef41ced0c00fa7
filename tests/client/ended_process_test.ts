import { assertEquals } from "@std/assert";
import { type Client, connect, type Frame } from "../../mod.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { soon } from "../helpers/wait.ts";

/** Starts a process that prints two lines in one or two frames and exits with 3. */
async function endedProcess(client: Client): Promise<{ id: string; lastSeq: number }> {
  const child = await client.spawn({ command: "sh", args: ["-c", "echo one; echo two; exit 3"] });
  const frames: Frame[] = [];
  for await (const frame of client.frames(child.id, { observe: true })) frames.push(frame);
  return { id: child.id, lastSeq: frames.at(-1)!.seq };
}

async function framesOf(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

for (const beyond of [0, 1, 1_000]) {
  Deno.test(`Client.frames() ends at once when it starts ${beyond} frames after the last one of an ended process`, async () => {
    await using daemon = await startDaemon();
    await using client = await connect({ socket: daemon.socket });
    const { id, lastSeq } = await endedProcess(client);
    const frames = framesOf(client.frames(id, { fromSeq: lastSeq + beyond }));
    assertEquals(await soon("its end", frames, 20_000), []);
  });

  Deno.test(`Client.attach() returns the exit when it starts ${beyond} frames after the last one of an ended process`, async () => {
    await using daemon = await startDaemon();
    await using client = await connect({ socket: daemon.socket });
    const { id, lastSeq } = await endedProcess(client);
    const child = await client.attach(id, { fromSeq: lastSeq + beyond });
    assertEquals(await soon("its exit", child.exit, 20_000), { code: 3 });
    assertEquals(await new Response(child.stdout).text(), "");
  });
}

Deno.test("Client.attach() returns the exit when it starts at a seq that the running process has not reached", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "cat", discard: ["stdout", "stderr"] });
  const later = await client.attach(child.id, { fromSeq: 1_000, observe: true });
  await child.stdin.close();
  assertEquals(await soon("its exit", later.exit, 20_000), { code: 0 });
});
