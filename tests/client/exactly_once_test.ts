import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type RemoteProcess, ReplayGapError } from "../../mod.ts";
import { cuttingProxy } from "../helpers/cutting_proxy.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { seededRandom } from "../helpers/random.ts";
import { waitFor } from "../helpers/wait.ts";

const PROCESSES = 20;
const ECHO_BYTES = 500_000;
const LINES = 10_000;
const WANTED_CUTS = 200;

/** Writes bytes to the stdin of a process in pieces of random sizes, and closes it. */
async function feed(process: RemoteProcess, bytes: Uint8Array, random: () => number): Promise<void> {
  const writer = process.stdin.getWriter();
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + Math.floor(random() * 9_000);
    await writer.write(bytes.subarray(at, end));
    at = end;
  }
  await writer.close();
}

async function bytesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("RemoteProcess transfers every byte once and in order, both ways, when connections are cut at random", async () => {
  await using daemon = await startDaemon();
  const random = seededRandom(6);
  await using proxy = await cuttingProxy(daemon.socket, () => 5_000 + Math.floor(random() * 95_000));
  await using client = await connect({ socket: proxy.socket, token: daemon.token, random, giveUpMs: 60_000 });
  const printed = Array.from({ length: LINES }, (_, i) => `${i + 1}\n`).join("");
  await Promise.all(Array.from({ length: PROCESSES }, async (_, i) => {
    if (i % 2 === 0) {
      const child = await client.spawn({ command: "cat" });
      const sent = new Uint8Array(ECHO_BYTES).map(() => random() * 256);
      const [, received, errors, exit] = await Promise.all([
        feed(child, sent, random),
        bytesOf(child.stdout),
        bytesOf(child.stderr),
        child.exit,
      ]);
      assertEquals([received.toHex() === sent.toHex(), errors.length, exit], [true, 0, { code: 0 }]);
    } else {
      const script = `seq 1 ${LINES}; seq 1 ${LINES} >&2; exit ${i}`;
      const child = await client.spawn({ command: "sh", args: ["-c", script] });
      const [out, err, exit] = await Promise.all([bytesOf(child.stdout), bytesOf(child.stderr), child.exit]);
      const decoder = new TextDecoder();
      assertEquals([decoder.decode(out) === printed, decoder.decode(err) === printed, exit], [true, true, { code: i }]);
    }
  }));
  assert(proxy.cuts >= WANTED_CUTS, `${proxy.cuts} cuts`);
  // Each process was started once, although its spawn may have been requested again.
  const started = daemon.log().match(/Process \S+ started/g)!;
  assertEquals([started.length, new Set(started).size], [PROCESSES, PROCESSES]);
});

Deno.test("Client.frames() throws ReplayGapError when frames are missing, and can continue after them", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket, token: daemon.token });
  const script = "read x; head -c 40000000 /dev/zero; echo; echo end";
  const child = await client.spawn({ command: "sh", args: ["-c", script] });
  child.detach();
  await assertRejects(() => child.exit, DOMException, "was detached");
  const feeding = await client.attach(child.id, { observe: true, onGap: () => {} });
  const writer = feeding.stdin.getWriter();
  await writer.write(new TextEncoder().encode("go\n"));
  await writer.close();
  feeding.detach();
  await waitFor("it to print all", () => daemon.log().includes(`Process ${child.id} exited`));

  const seen: number[] = [];
  const gap = await assertRejects(async () => {
    for await (const { seq } of client.frames(child.id)) seen.push(seq);
  }, ReplayGapError);
  assertEquals([seen, gap.firstMissing], [[], 1]);
  const rest: number[] = [];
  for await (const { seq } of client.frames(child.id, { fromSeq: gap.lastMissing })) rest.push(seq);
  assertEquals(rest, rest.map((_, i) => gap.lastMissing + 1 + i));

  const failing = await client.attach(child.id);
  await assertRejects(() => bytesOf(failing.stdout), ReplayGapError);
  assertEquals(await failing.exit, { code: 0 });
  const gaps: ReplayGapError[] = [];
  const going = await client.attach(child.id, { onGap: (gap) => gaps.push(gap), discard: ["stderr"] });
  assert(new TextDecoder().decode(await bytesOf(going.stdout)).endsWith("\nend\n"));
  assertEquals(gaps.map(({ firstMissing, lastMissing }) => [firstMissing, lastMissing]), [[1, gap.lastMissing]]);
});
