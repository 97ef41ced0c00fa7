import { assert, assertEquals, assertMatch } from "@std/assert";
import { gzipSync } from "node:zlib";
import { install } from "../../lib/install/mod.ts";
import { claustrum } from "../helpers/command.ts";
import { head, type RawAnswer, rawServer, send } from "../helpers/raw_server.ts";
import { concat } from "../../lib/system/io.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";
import { avoidedPort, goodBlob, installFrom } from "./download_fixture.ts";

Deno.test("install() verifies a download, installs it and reports it", async () => {
  const { blob, sum } = await goodBlob();
  const { facts, error, progress, requests } = await installFrom(async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  }, { sum: sum.toUpperCase() });
  assertEquals(error, undefined);
  assertEquals(facts.fetch?.bytes, blob.length);
  assertEquals(Object.keys(facts.fetch ?? {}), ["bytes", "ms", "longestPauseMs"]);
  for (const value of Object.values(facts.fetch ?? {})) assert(Number.isInteger(value), `${value}`);
  assertEquals(Object.keys(facts).at(-1), "fetch");
  assertEquals(progress[0], { phase: "download", bytes: 0, total: blob.length });
  assertMatch(requests[0]!, /accept-encoding: identity/i);
});

Deno.test("install() reports no total when a slow, chunked download has no length", async () => {
  const { blob, sum } = await goodBlob();
  const { error, progress } = await installFrom(async (conn) => {
    await send(conn, head(200));
    for (let at = 0; at < blob.length; at += 1000) {
      await send(conn, blob.subarray(at, at + 1000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }, { sum, progressMs: 0, stallMs: 5_000 });
  assertEquals(error, undefined);
  assertEquals(progress[0], { phase: "download", bytes: 0 });
  const counts = progress.flatMap((step) => step.phase === "download" ? [step.bytes] : []);
  assertEquals(counts, counts.toSorted((a, b) => a - b));
  assertEquals(counts.at(-1), blob.length);
});

Deno.test("install() decodes chunked transfer and an unrequested gzip encoding", async () => {
  const { blob, sum } = await goodBlob();
  const zipped = new Uint8Array(
    await new Response(new Blob([blob]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
  const { error } = await installFrom(async (conn) => {
    await send(conn, head(200, { "transfer-encoding": "chunked", "content-encoding": "gzip" }));
    await send(conn, `${zipped.length.toString(16)}\r\n`);
    await send(conn, zipped);
    await send(conn, "\r\n0\r\n\r\n");
  }, { sum });
  assertEquals(error, undefined);
});

Deno.test("install() follows up to ten redirects, including relative ones", async () => {
  const { blob, sum } = await goodBlob();
  const answer: RawAnswer = async (conn, path) => {
    const left = Number(/^\/hop(\d+)/.exec(path)?.[1] ?? 0);
    if (left > 0) {
      return await send(conn, head(302, { location: `hop${left - 1}?signature=secret`, "content-length": 0 }));
    }
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  };
  const { error, requests } = await installFrom(answer, { sum, at: "/hop10" });
  assertEquals([error, requests.length], [undefined, 11]);
  assertEquals((await installFrom(answer, { sum, at: "/hop11" })).error, "download failed: stopped after 10 redirects");
});

Deno.test("install() fails when redirects form a loop", async () => {
  const { error } = await installFrom((conn) => send(conn, head(307, { location: "/cli.zst", "content-length": 0 })));
  assertEquals(error, "download failed: stopped after 10 redirects");
});

const GZIPPED = new Uint8Array(gzipSync("all work and no play ".repeat(1_000)));

/** Returns a body in one chunk, without the final chunk. */
const chunked = head(200, { "transfer-encoding": "chunked" });

for (
  const [what, response, text] of [
    ["404", head(404, { "content-length": 4 }) + "nope", "download failed with status 404"],
    ["500", head(500, { "content-length": 0 }), "download failed with status 500"],
    ["204", head(204), "download failed with status 204"],
    ["205", head(205), "download failed with status 205"],
    ["206", head(206, { "content-length": 1 }) + "x", "download failed with status 206"],
    ["300", head(300, { location: "/x", "content-length": 0 }), "download failed with status 300"],
    ["304", head(304), "download failed with status 304"],
    ["999", head(999, { "content-length": 0 }), "download failed with status 999"],
    ["a redirect without an address", head(302), "download failed: 302 response missing Location header"],
    [
      "a redirect to an empty address",
      head(302, { location: "", "content-length": 0 }),
      "download failed: 302 response missing Location header",
    ],
    ["a redirect to an invalid address", head(302, { location: "http://[secret" }), "download failed: invalid URL"],
    ...["ftp://h/x", "file:///etc/passwd", "data:,x"].map((location) =>
      [
        `a redirect to ${location}`,
        head(302, { location }),
        `download failed: unsupported protocol scheme "${location.split(":")[0]}"`,
      ] as const
    ),
    [
      "a redirect to itself",
      head(307, { location: "#", "content-length": 0 }),
      "download failed: stopped after 10 redirects",
    ],
    [
      "a body truncated in the middle",
      head(200, { "content-length": 100 }) + "half",
      "download failed: unexpected EOF",
    ],
    ["a body without its last byte", head(200, { "content-length": 5 }) + "half", "download failed: unexpected EOF"],
    ["a chunk truncated in the middle", chunked + "64\r\nhalf", "download failed: unexpected EOF"],
    ["chunks without a final chunk", chunked + "4\r\nhalf\r\n", "download failed: unexpected EOF"],
    ["chunks truncated in the final chunk", chunked + "4\r\nhalf\r\n0\r\n", "download failed: unexpected EOF"],
    ["a chunk with an invalid size", chunked + "zz\r\nhalf", "download failed: unexpected EOF"],
    ["a chunk with a huge size", chunked + `${"f".repeat(30)}\r\nhalf`, "download failed: unexpected EOF"],
    ["a response that is not HTTP", "what?\r\n\r\n", "download failed: malformed HTTP response"],
    ["an invalid status", "HTTP/1.1 20 OK\r\n\r\n", "download failed: malformed HTTP response"],
    ["a header with a NUL", "HTTP/1.1 200 X\r\na: \0\r\n\r\n", "download failed: malformed HTTP response"],
    [
      "headers without an end",
      `HTTP/1.1 200 X\r\na: ${"b".repeat(2_000_000)}`,
      "download failed: malformed HTTP response",
    ],
    ["a close without a response", "", "download failed: unexpected EOF"],
    ["a close within the headers", "HTTP/1.1 200 X\r\ncontent-le", "download failed: unexpected EOF"],
    ...["-5", "abc", "5x", "1e3", "+5", "", "9".repeat(40)].map((length) =>
      [
        `the length "${length}"`,
        head(200, { "content-length": length }) + "xxxxx",
        "download failed: malformed HTTP response",
      ] as const
    ),
    [
      "two lengths",
      "HTTP/1.1 200 X\r\ncontent-length: 5\r\ncontent-length: 4\r\n\r\nxxxxx",
      "download failed: malformed HTTP response",
    ],
    [
      "a length above the limit",
      head(200, { "content-length": 1_000_001 }),
      "download failed: response exceeds 1000000 bytes",
    ],
    ["a body above the limit", head(200) + "x".repeat(1_000_001), "download failed: response exceeds 1000000 bytes"],
    ["gzip truncated in the middle", gzipped(GZIPPED.subarray(0, 50)), "download failed: unexpected EOF"],
    ["gzip without its last byte", gzipped(GZIPPED.subarray(0, -1)), "download failed: unexpected EOF"],
    ["an empty gzip body", gzipped(new Uint8Array(0)), "download failed: unexpected EOF"],
    [
      "a body that is not gzip",
      gzipped(new TextEncoder().encode("no gzip at all")),
      "download failed: gzip: invalid header",
    ],
    ["gzip with a wrong checksum", gzipped(changed(GZIPPED, -6)), "download failed: gzip: invalid checksum"],
    ["gzip with a wrong length", gzipped(changed(GZIPPED, -2)), "download failed: gzip: invalid checksum"],
    ["gzip with damage inside", gzipped(changed(GZIPPED, 10)), "download failed: flate: corrupt input"],
    [
      "gzip that decompresses to a huge size",
      gzipped(gzipSync(new Uint8Array(5_000_000))),
      "download failed: response exceeds 1000000 bytes",
    ],
  ] as const
) {
  Deno.test(`install() reports ${what} and leaves no files`, async () => {
    const { error, facts } = await installFrom((conn) => send(conn, response), { maxBytes: 1_000_000 });
    assertEquals(error, text);
    assert(facts.fetch !== undefined);
  });
}

/** Returns a response with a gzip encoding. */
function gzipped(body: Uint8Array): Uint8Array {
  return concat([new TextEncoder().encode(head(200, { "content-encoding": "gzip" })), body]);
}

/** Returns bytes with one changed, whose index counts from the end if negative. */
function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at < 0 ? copy.length + at : at]! ^= 0xff;
  return copy;
}

Deno.test("install() reports server errors with the same texts when browsers block the port", async () => {
  const malformed = "download failed: malformed HTTP response";
  for (
    const [response, text] of [
      [head(204), "download failed with status 204"],
      [head(302, { location: "" }), "download failed: 302 response missing Location header"],
      ["HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", malformed],
      [head(200, { "content-length": "-5" }) + "xxxxx", malformed],
      [head(200, { "content-length": 5 }) + "half", "download failed: unexpected EOF"],
      [chunked + "4\r\nhalf\r\n", "download failed: unexpected EOF"],
      [gzipped(GZIPPED.subarray(0, 50)), "download failed: unexpected EOF"],
      ["what?\r\n\r\n", malformed],
      ["", "download failed: unexpected EOF"],
    ] as const
  ) {
    const { error } = await soon("the end of it", installFrom((conn) => send(conn, response), {}, avoidedPort()));
    assertEquals(error, text);
  }
});

Deno.test("install() does not read past the announced length", async () => {
  const { blob, sum } = await goodBlob();
  const { error, facts } = await installFrom(async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
    await send(conn, "and more");
  }, { sum });
  assertEquals([error, facts.fetch?.bytes], [undefined, blob.length]);
});

Deno.test("install() accepts a repeated length, and ignores it when the body is chunked", async () => {
  const { blob, sum } = await goodBlob();
  const length = `content-length: ${blob.length}\r\n`;
  const twice = await installFrom(async (conn) => {
    await send(conn, `HTTP/1.1 200 X\r\n${length}${length}\r\n`);
    await send(conn, blob);
  }, { sum });
  assertEquals([twice.error, twice.progress[0]], [undefined, { phase: "download", bytes: 0, total: blob.length }]);
  const lying = await installFrom(async (conn) => {
    await send(conn, `HTTP/1.1 200 X\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n`);
    await send(conn, `${blob.length.toString(16)}\r\n`);
    await send(conn, blob);
    await send(conn, "\r\n0\r\n\r\n");
  }, { sum });
  assertEquals([lying.error, lying.progress[0]], [undefined, { phase: "download", bytes: 0 }]);
});

Deno.test("install() skips interim responses and follows a redirect to another host", async () => {
  const { blob, sum } = await goodBlob();
  await using other = rawServer(async (conn) => {
    await send(conn, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n");
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  });
  const location = other.url.replace("127.0.0.1", "localhost");
  const { error } = await installFrom((conn) => send(conn, head(308, { location: `${location}/x` })), { sum });
  assertEquals([error, other.requests.length], [undefined, 1]);
  assertMatch(other.requests[0]!, /^GET \/x /);
});

for (const status of [302, 404]) {
  Deno.test(`install() does not read the endless body of a ${status} response`, async () => {
    const { blob, sum } = await goodBlob();
    const { error } = await installFrom(async (conn, path) => {
      if (path === "/there") {
        await send(conn, head(200, { "content-length": blob.length }));
        return await send(conn, blob);
      }
      await send(conn, head(status, { location: "/there" }));
      for (;;) await send(conn, new Uint8Array(65_536));
    }, { sum });
    assertEquals(error, status === 302 ? undefined : "download failed with status 404");
  });
}

Deno.test("install() refuses a download when the checksum is wrong or missing", async () => {
  const { blob, sum } = await goodBlob();
  const answer: RawAnswer = async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  };
  assertEquals((await installFrom(answer)).error, `checksum mismatch: expected=, actual=${sum}`);
  assertEquals((await installFrom(answer, { sum: "abc" })).error, `checksum mismatch: expected=abc, actual=${sum}`);
});

Deno.test("install() reports a refused connection when no server listens, also on a port that browsers block", async () => {
  await using directory = await tempDir();
  const at = (url: string) => install({ cliDir: directory.path, cliVersion: "1", source: { url, sha256: "" } });
  assertEquals(
    (await at("http://127.0.0.1:1/?secret")).cliError,
    "download failed: dial tcp 127.0.0.1:1: connect: connection refused",
  );
  assertEquals(
    (await at("http://nowhere.invalid/?secret")).cliError,
    "download failed: dial tcp: lookup nowhere.invalid: no such host",
  );
  assertEquals((await at("no address")).cliError, "download failed: invalid URL");
});

Deno.test("install() uses the proxy of the environment", async () => {
  const { blob, sum } = await goodBlob();
  await using directory = await tempDir();
  await using proxy = rawServer(async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  });
  const source = ["--cli-url", "http://cli.invalid/x.zst", "--cli-checksum", sum];
  const args = ["install", "--cli-dir", `${directory.path}/cli`, "--cli-version", "1.0", ...source];
  const { code, stderr } = await claustrum(directory.path, args, { env: { HTTP_PROXY: proxy.url } });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(proxy.requests[0]!, /^GET http:\/\/cli\.invalid\/x\.zst /);
});

Deno.test("install() downloads from a port that browsers block", async () => {
  const { blob, sum } = await goodBlob();
  await using directory = await tempDir();
  const answer: RawAnswer = async (conn, path) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, path === "/cut" ? blob.subarray(9) : blob);
  };
  await using server = rawServer(answer, avoidedPort());
  const at = (path: string) =>
    install({ cliDir: `${directory.path}/cli`, cliVersion: "1.0", source: { url: server.url + path, sha256: sum } });
  assertEquals((await at("/cut")).cliError, "download failed: unexpected EOF");
  assertEquals((await at("/whole")).cliError, undefined);
});
