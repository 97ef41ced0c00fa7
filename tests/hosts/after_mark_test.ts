import { assertEquals, assertRejects } from "@std/assert";
import { afterMark, NoMarkError } from "../../lib/hosts/after_mark.ts";

/** A stream that yields texts piece by piece. */
function streamOf(pieces: Iterable<string>) {
  const left = [...pieces];
  return {
    read(into: Uint8Array): Promise<number | null> {
      const piece = left.shift();
      if (piece === undefined) return Promise.resolve(null);
      return Promise.resolve(new TextEncoder().encodeInto(piece, into).written);
    },
    write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
    close: () => {},
  };
}

async function readAll(pieces: Iterable<string>): Promise<string> {
  const stream = afterMark(streamOf(pieces), "mark1");
  const [decoder, buffer] = [new TextDecoder(), new Uint8Array(4096)];
  let text = "";
  for (let n = await stream.read(buffer); n !== null; n = await stream.read(buffer)) {
    text += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
  return text;
}

for (
  const [what, pieces, text] of [
    ["nothing before the mark", ["mark1\nall"], "all"],
    ["noise before the mark", ["Welcome!\nno newline", "mark1\n{}\n"], "{}\n"],
    ["a mark in pieces", ["noise\nma", "rk", "1", "\n", "x", "y"], "xy"],
    ["the mark a second time", ["mark1\nmark1\n"], "mark1\n"],
    ["no mark", ["noise"], ""],
  ] as const
) {
  Deno.test(`afterMark() leaves out what comes before: ${what}`, async () => {
    assertEquals(await readAll(pieces), text);
  });
}

Deno.test("afterMark() gives up a host that prints without end", async () => {
  await assertRejects(() => readAll(Array.from({ length: 600 }, () => "x".repeat(4000))), NoMarkError);
});
