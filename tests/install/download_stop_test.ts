import { assertEquals, assertRejects } from "@std/assert";
import type { InstallOptions, InstallProgress } from "../../lib/install/mod.ts";
import { concat } from "../../lib/system/io.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { head, type RawAnswer, send } from "../helpers/raw_server.ts";
import { soon, waitFor } from "../helpers/wait.ts";
import { avoidedPort, goodBlob, installFrom, stalling } from "./download_fixture.ts";

const chunked = head(200, { "transfer-encoding": "chunked" });

/** Installs with a clock that advances at one point: before the headers, or after a number of bytes. */
async function installUntil(
  point: "headers" | number,
  start: string,
  { ms, ...bounds }: { readonly ms: number } & Partial<InstallOptions>,
) {
  const clock = fakeClock();
  const answer = stalling(start, point === "headers" ? () => clock.advance(ms) : () => {});
  const onProgress = (step: InstallProgress) => {
    if (step.phase === "download" && step.bytes === point) clock.advance(ms);
  };
  return (await soon("the end of it", installFrom(answer, { clock, onProgress, progressMs: 0, ...bounds }))).error;
}

for (
  const [what, point, start, got] of [
    ["before the headers", "headers", "", "0/unknown"],
    ["within the headers", "headers", "HTTP/1.1 200 X\r\ncontent-le", "0/unknown"],
    ["after the headers", 0, head(200, { "content-length": 100 }), "0/100"],
    ["in the middle of a body", 4, head(200, { "content-length": 100 }) + "half", "4/100"],
    ["in the middle of a body without a length", 4, head(200) + "half", "4/unknown"],
    ["before the final chunk", 4, chunked + "4\r\nhalf\r\n", "4/unknown"],
    ["within a compressed body", 0, head(200, { "content-encoding": "gzip", "content-length": 9 }), "0/unknown"],
  ] as const
) {
  Deno.test(`install() fails after a minute and leaves no files when a server falls silent ${what}`, async () => {
    const text = `download stalled: no data for 60s after ${got} bytes`;
    assertEquals(await installUntil(point, start, { ms: 60_000 }), text);
  });
}

for (
  const [point, start, phase] of [
    ["headers", "", "Client.Timeout exceeded while awaiting headers"],
    [0, head(200), "Client.Timeout or context cancellation while reading body"],
    [4, head(200) + "half", "Client.Timeout or context cancellation while reading body"],
  ] as const
) {
  Deno.test(`install() fails when a download takes too long (${phase}, ${point})`, async () => {
    const text = `download failed: context deadline exceeded (${phase})`;
    assertEquals(await installUntil(point, start, { ms: 50_000, downloadTimeoutMs: 50_000 }), text);
  });
}

Deno.test("install() does not fail when a server sends one byte or one redirect per minute", async () => {
  const clock = fakeClock();
  const bytes = 20;
  const answer: RawAnswer = async (conn, path) => {
    clock.advance(59_999);
    const left = Number(/^\/hop(\d+)/.exec(path)?.[1] ?? 0);
    if (left > 0) return await send(conn, head(302, { location: `/hop${left - 1}`, "content-length": 0 }));
    await send(conn, head(200, { "content-length": bytes + 1 }));
    for (let sent = 0; sent < bytes; sent++) {
      await waitFor("the bytes before to be there", () => received === sent);
      clock.advance(59_999);
      await send(conn, "x");
    }
    await waitFor("all of them to be there", () => received === bytes);
  };
  let received = -1;
  const onProgress = (step: InstallProgress) => {
    if (step.phase === "download") received = step.bytes;
  };
  const { error, facts } = await installFrom(answer, { clock, onProgress, progressMs: 0, at: "/hop9" });
  assertEquals([error, facts.fetch?.bytes], ["download failed: unexpected EOF", bytes]);
});

Deno.test("install() counts compressed bytes as data before they decompress to any", async () => {
  const fake = fakeClock();
  let looks = 0;
  const clock = { ...fake, elapsed: () => (looks++, fake.elapsed()) };
  // A header with a long name, which is sent byte by byte.
  const name = new Uint8Array(10).fill(0x61);
  const answer: RawAnswer = async (conn) => {
    await send(conn, head(200, { "content-encoding": "x-gzip" }));
    await waitFor("the response to be there", () => hasBegun);
    for (const byte of concat([Uint8Array.of(0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3), name])) {
      const before = looks;
      await send(conn, Uint8Array.of(byte));
      await waitFor("it to be noted", () => looks > before);
      fake.advance(30_000);
    }
  };
  let hasBegun = false;
  const installing = installFrom(answer, { clock, onProgress: () => hasBegun = true, progressMs: 0 });
  assertEquals((await installing).error, "download failed: unexpected EOF");
});

/** The points at which a download is aborted. */
const PHASES: readonly [what: string, point: "start" | "request" | "redirect" | InstallProgress["phase"] | number][] = [
  ["before it begins", "start"],
  ["while it waits for the headers", "request"],
  ["while it follows a redirect", "redirect"],
  ["at the first byte", 0],
  ["in the middle of the body", 1_000],
  ["while it is verified", "verify"],
  ["while it is decompressed", "decompress"],
  ["while it is tested", "probe"],
];

for (const port of [() => 0, avoidedPort]) {
  for (const [what, point] of PHASES) {
    const where = port === avoidedPort ? " from a port that browsers block" : "";
    Deno.test(`install() leaves no files when a download${where} is aborted ${what}`, async () => {
      const { blob, sum } = await goodBlob();
      const controller = new AbortController();
      const giveUp = () => controller.abort(new Error("enough"));
      if (point === "start") giveUp();
      const answer: RawAnswer = async (conn, path) => {
        if (point === "request") return await stalling("", giveUp)(conn, path);
        if (point === "redirect" && path !== "/there") {
          return await send(conn, head(302, { location: "/there", "content-length": 0 }));
        }
        if (point === "redirect") return await stalling("", giveUp)(conn, path);
        const start = concat([new TextEncoder().encode(head(200, { "content-length": blob.length })), blob]);
        if (typeof point !== "number") return await send(conn, start);
        await stalling(start.subarray(0, start.length - blob.length + point))(conn, path);
      };
      const onProgress = (step: InstallProgress) => {
        if (step.phase === point || (step.phase === "download" && step.bytes === point)) giveUp();
      };
      const installing = installFrom(answer, { sum, signal: controller.signal, onProgress, progressMs: 0 }, port());
      await assertRejects(() => soon("the end of it", installing), Error, "enough");
    });
  }
}
