import { assert, assertEquals } from "@std/assert";
import { connect, type RemoteProcess } from "../../mod.ts";
import { claustrum } from "../helpers/command.ts";
import { testHome } from "../helpers/home.ts";
import { seededRandom } from "../helpers/random.ts";

const UPGRADES = 5;
const PROCESSES = 50;
const FEED_BYTES = 300_000;

async function bytesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("fifty processes that stream and are fed lose no byte when the daemon is upgraded five times", async () => {
  await using home = await testHome();
  const serve = (...more: string[]) => claustrum(home.path, ["serve", "--socket", home.socket, ...more]);
  assertEquals((await serve()).code, 0);
  const random = seededRandom(8);
  await using client = await connect({ socket: home.socket, random, giveUpMs: 60_000 });
  let isDone = false;

  /** Feeds `cat` until the upgrades are over, and compares its output. */
  async function echo(child: RemoteProcess): Promise<void> {
    const sent = new Uint8Array(FEED_BYTES).map(() => random() * 256);
    const writer = child.stdin.getWriter();
    const received = bytesOf(child.stdout);
    const pieces: Uint8Array[] = [];
    for (let round = 0; !isDone || round === 0; round++) {
      for (let at = 0; at < sent.length;) {
        const end = at + 1 + Math.floor(random() * 30_000);
        const piece = sent.slice(at, end);
        await writer.write(piece);
        pieces.push(piece);
        at = end;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await writer.close();
    const [whole, exit] = await Promise.all([received, child.exit]);
    const expected = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    assertEquals([whole.length, whole.toHex() === expected.toHex(), exit], [expected.length, true, { code: 0 }]);
  }

  /** Counts lines until it is stopped. */
  async function count(child: RemoteProcess, number: number): Promise<void> {
    const [out, exit] = await Promise.all([bytesOf(child.stdout), child.exit]);
    const lines = new TextDecoder().decode(out).trimEnd().split("\n");
    const wrong = lines.findIndex((line, i) => line !== String(i + 1));
    assertEquals([wrong, exit], [-1, { code: number }]);
    assert(lines.length > 100, `${lines.length} lines`);
  }

  const go = `${home.path}/stop`;
  const failures: unknown[] = [];
  const note = (work: Promise<void>) => ({ done: work.catch((error) => void failures.push(error)) });
  const work = await Promise.all(Array.from({ length: PROCESSES }, async (_, i) => {
    if (i % 2 === 0) return note(echo(await client.spawn({ id: `p${i}`, command: "cat" })));
    const script =
      `i=0; until [ -e ${go} ]; do i=$((i+1)); echo $i; [ $((i % 20)) = 0 ] && sleep 0.05; done; exit ${i}`;
    return note(count(await client.spawn({ id: `p${i}`, command: "sh", args: ["-c", script] }), i));
  }));
  const pids = [home.pid()];
  for (let upgrade = 0; upgrade < UPGRADES; upgrade++) {
    const { code, stderr } = await serve("--replace", "--handover");
    assertEquals([code, stderr], [0, ""]);
    pids.push(home.pid());
    const { processes } = await client.call("process.list");
    assertEquals(processes.filter(({ running }) => running).length, PROCESSES);
    assertEquals([...new Set(processes.map(({ daemon }) => daemon))], [pids[0]], "the first daemon has them all");
  }
  assertEquals(new Set(pids).size, UPGRADES + 1);
  isDone = true;
  await Deno.writeTextFile(go, "");
  await Promise.all(work.map(({ done }) => done));
  assertEquals(failures, []);
  await claustrum(home.path, ["stop", "--all", "--socket", home.socket]);
});
