import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect } from "../../mod.ts";
import { homeOfMany, serveAt } from "../helpers/handover.ts";
import { seededRandom } from "../helpers/random.ts";
import { waitFor } from "../helpers/wait.ts";

/** More than the queues of both generations hold. */
const FEED_BYTES = 18 << 20;
/** A queue is full when less than this is free in it. */
const PIECE_BYTES = 256 << 10;
const QUEUES = { seed: 8 << 20, next: 16 << 20 } as const;

for (const [from, to] of [["seed", "next"], ["next", "seed"]] as const) {
  Deno.test(`no byte is lost or doubled when a daemon of ${from} with a full queue hands over to one of ${to}`, async () => {
    await using home = await homeOfMany();
    await serveAt(home, "--contract", from);
    await using client = await connect({ socket: home.socket, giveUpMs: 60_000 });
    const methods = async () => (await client.call("server.capabilities")).methods;
    assertEquals((await methods()).includes("plugins.prune"), from === "next");
    const go = `${home.path}/go`;
    const script = `until [ -e ${go} ]; do sleep 0.05; done; exec sha256sum`;
    const child = await client.spawn({ id: "p", command: "sh", args: ["-c", script] });
    const random = seededRandom(8);
    const sent = new Uint8Array(FEED_BYTES).map(() => random() * 256);
    const writing = new Blob([sent]).stream().pipeTo(child.stdin);
    await waitFor("a full queue", async () => {
      const [process] = (await client.call("process.list")).processes;
      return process !== undefined && process.stdinApplied > QUEUES[from] - PIECE_BYTES;
    });
    await serveAt(home, "--replace", "--handover", "--contract", to);
    assertEquals((await methods()).includes("plugins.prune"), to === "next");
    await Deno.writeTextFile(go, "");
    const output = new Response(child.stdout).text();
    await writing;
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", sent)).toHex();
    assertStringIncludes(await output, sum);
    assertEquals(await child.exit, { code: 0 });
    const again = await client.spawn({ id: "p", command: "echo", args: ["again"] });
    assertEquals(await new Response(again.stdout).text(), "again\n");
  });
}
