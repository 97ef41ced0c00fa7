import { assert, assertEquals, assertMatch } from "@std/assert";
import { install, type InstallOptions, type InstallProgress } from "../../lib/install/mod.ts";
import { fakeCli, namesIn, sha256, zstd } from "../helpers/cli_blob.ts";
import { claustrum } from "../helpers/command.ts";
import { head, type RawAnswer, rawServer, send } from "../helpers/raw_server.ts";
import { tempDir } from "../helpers/temp.ts";

const CLI = fakeCli("1.0", 400_000);

/** Installs what a server gives, and checks that nothing else is left and no address was told. */
async function installFrom(answer: RawAnswer, options: Partial<InstallOptions> & { sum?: string; at?: string } = {}) {
  await using directory = await tempDir();
  await using server = rawServer(answer);
  const { sum = "", at = "/cli.zst?signature=secret", ...more } = options;
  const progress: InstallProgress[] = [];
  const cliDir = `${directory.path}/cli`;
  await Deno.mkdir(`${directory.path}/tmp`);
  const facts = await install({
    cliDir,
    cliVersion: "1.0",
    source: { url: server.url + at, sha256: sum },
    env: { HOME: "/nonexistent", TMPDIR: `${directory.path}/tmp` },
    onProgress: (step) => progress.push(step),
    ...more,
  });
  const installed = facts.cliError === undefined;
  assertEquals(namesIn(`${directory.path}/tmp`), []);
  if (installed) {
    assertEquals(namesIn(cliDir), ["1.0"]);
    assertEquals((await Deno.readFile(facts.cliPath)).length, CLI.length);
  }
  assert(!JSON.stringify(facts).includes("secret"));
  return { facts, error: facts.cliError, progress, requests: server.requests };
}

async function goodBlob() {
  const blob = await zstd(CLI, ["-1"]);
  return { blob, sum: await sha256(blob) };
}

Deno.test("a download is verified, put in place, and told of", async () => {
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

Deno.test("a download without a length, in pieces, slowly, works; its progress has no total", async () => {
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

Deno.test("chunked transfer, and a gzip encoding that nobody asked for, are undone", async () => {
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

Deno.test("up to ten redirects are followed, relative ones too", async () => {
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

Deno.test("a redirect loop ends", async () => {
  const { error } = await installFrom((conn) => send(conn, head(307, { location: "/cli.zst", "content-length": 0 })));
  assertEquals(error, "download failed: stopped after 10 redirects");
});

for (
  const [what, response, text] of [
    ["404", head(404, { "content-length": 4 }) + "nope", "download failed with status 404"],
    ["500", head(500, { "content-length": 0 }), "download failed with status 500"],
    ["204", head(204), "download failed with status 204"],
    ["206", head(206, { "content-length": 1 }) + "x", "download failed with status 206"],
    ["a redirect to nowhere", head(302), "download failed: 302 response missing Location header"],
    [
      "a redirect to another kind",
      head(302, { location: "ftp://h/x" }),
      'download failed: unsupported protocol scheme "ftp"',
    ],
    ["a body cut in the middle", head(200, { "content-length": 100 }) + "half", "download failed: unexpected EOF"],
    [
      "a chunk cut in the middle",
      head(200, { "transfer-encoding": "chunked" }) + "64\r\nhalf",
      "download failed: unexpected EOF",
    ],
    ["an answer that is none", "what?\r\n\r\n", "download failed: malformed HTTP response"],
    ["a close without an answer", "", "download failed: unexpected EOF"],
    [
      "a length above the cap",
      head(200, { "content-length": 1_000_001 }),
      "download failed: response exceeds 1000000 bytes",
    ],
    ["more than the cap", head(200) + "x".repeat(1_000_001), "download failed: response exceeds 1000000 bytes"],
  ] as const
) {
  Deno.test(`a download that meets ${what} says so`, async () => {
    const { error, facts } = await installFrom((conn) => send(conn, response), { maxBytes: 1_000_000 });
    assertEquals(error, text);
    assert(facts.fetch !== undefined);
  });
}

Deno.test("a download without the right sum is refused, without any sum too", async () => {
  const { blob, sum } = await goodBlob();
  const answer: RawAnswer = async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  };
  assertEquals((await installFrom(answer)).error, `checksum mismatch: expected=, actual=${sum}`);
  assertEquals((await installFrom(answer, { sum: "abc" })).error, `checksum mismatch: expected=abc, actual=${sum}`);
});

Deno.test("nobody there is a refused connection, on a port that browsers avoid too", async () => {
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

/** Sends something, then nothing until the client goes. */
function stalling(start: string): RawAnswer {
  return async (conn) => {
    await send(conn, start);
    await conn.read(new Uint8Array(1));
  };
}

for (
  const [start, text] of [
    ["", "download stalled: no data for 0.05s after 0/unknown bytes"],
    [head(200, { "content-length": 100 }) + "half", "download stalled: no data for 0.05s after 4/100 bytes"],
    [head(200) + "half", "download stalled: no data for 0.05s after 4/unknown bytes"],
  ] as const
) {
  Deno.test(`a server that falls silent after ${start.length} bytes is given up`, async () => {
    assertEquals((await installFrom(stalling(start), { stallMs: 50 })).error, text);
  });
}

for (
  const [start, text] of [
    ["", "download failed: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"],
    [
      head(200),
      "download failed: context deadline exceeded (Client.Timeout or context cancellation while reading body)",
    ],
  ] as const
) {
  Deno.test(`a download that takes too long is given up after ${start.length} bytes`, async () => {
    assertEquals((await installFrom(stalling(start), { downloadTimeoutMs: 50 })).error, text);
  });
}

Deno.test("a download goes through the proxy that the environment names", async () => {
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

Deno.test("a server on a port that browsers avoid is as good as any", async () => {
  const { blob, sum } = await goodBlob();
  await using directory = await tempDir();
  // One of them is free on any machine, and none needs more than a user may.
  const port = [6666, 6667, 6668, 6669, 6665, 10080].find((port) => {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) return false;
      throw error;
    }
  });
  const answer: RawAnswer = async (conn, path) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, path === "/cut" ? blob.subarray(9) : blob);
  };
  await using server = rawServer(answer, port);
  const at = (path: string) =>
    install({ cliDir: `${directory.path}/cli`, cliVersion: "1.0", source: { url: server.url + path, sha256: sum } });
  assertEquals((await at("/cut")).cliError, "download failed: unexpected EOF");
  assertEquals((await at("/whole")).cliError, undefined);
});
