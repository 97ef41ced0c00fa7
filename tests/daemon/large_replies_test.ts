import { assert, assertEquals } from "@std/assert";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import type { LineClient } from "../helpers/line_client.ts";
import { GIT_ENVIRONMENT } from "../helpers/repository.ts";
import { residentBytes } from "../helpers/resident.ts";

/** So many requests of a client wait that does not read. */
const PENDING = 40;
/** So much memory the daemon may take for that. All the replies together would take twice as much, and more. */
const MAX_GROWTH = 128 << 20;
/** A daemon that takes no more memory for so many pings has come to rest. */
const QUIET_PINGS = 200;
const QUIET_BYTES = 1 << 20;

/** The most memory that the daemon takes until it comes to rest; another client is served meanwhile. */
async function peakOf({ pid }: TestDaemon, other: LineClient): Promise<number> {
  let peak = 0;
  for (let quiet = 0; quiet < QUIET_PINGS; quiet++) {
    const now = residentBytes(pid);
    if (now > peak + QUIET_BYTES) quiet = 0;
    peak = Math.max(peak, now);
    assertEquals((await other.call("server.ping")).result, { pong: true });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return peak;
}

/** What makes replies of some megabytes, and what each reply holds. */
interface Case {
  readonly method: string;
  prepare(daemon: TestDaemon, client: LineClient): Promise<object>;
  check(result: Record<string, unknown>): void;
}

/** A repository with so many new files of such names that their list is long. */
async function fillRepository({ directory }: TestDaemon): Promise<object> {
  const path = `${directory}/repository`;
  await new Deno.Command("git", { args: ["init", "-q", path], env: GIT_ENVIRONMENT }).output();
  for (let i = 0; i < 6_000; i++) {
    Deno.openSync(`${path}/${String(i).padStart(250, "x")}`, { create: true, write: true }).close();
  }
  return { path };
}

const CASES: readonly Case[] = [
  {
    method: "files.read",
    async prepare({ directory }) {
      await Deno.writeFile(`${directory}/text`, new Uint8Array(4 << 20).fill(0x61));
      return { path: `${directory}/text`, maxBytes: 4 << 20 };
    },
    check: ({ content }) => assert(content === "a".repeat(4 << 20)),
  },
  {
    method: "files.list",
    prepare: fillRepository,
    check: ({ entries }) => assertEquals((entries as unknown[]).length, 6_000),
  },
  {
    method: "git.status",
    prepare: fillRepository,
    check: ({ changes }) => assertEquals((changes as unknown[]).length, 6_000),
  },
  {
    method: "process.list",
    async prepare(_daemon, client) {
      const args = Array.from({ length: 8 }, () => "x".repeat(100_000));
      for (let i = 0; i < 6; i++) await client.call("process.spawn", { id: `${i}`, command: "true", args });
      return {};
    },
    check: ({ processes }) => assertEquals((processes as unknown[]).length, 6),
  },
];

for (const { method, prepare, check } of CASES) {
  Deno.test(`${method} takes bounded memory when a client asks for much and reads nothing`, async () => {
    await using daemon = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "error" } });
    using other = await daemon.connect();
    const params = await prepare(daemon, other);
    using client = await daemon.connect();
    // What it loads and caches the first time does not count.
    check((await other.call(method, params)).result!);
    const before = await peakOf(daemon, other);
    const ids = new Set<unknown>();
    for (let i = 0; i < PENDING; i++) ids.add(await client.send(method, params));
    const growth = await peakOf(daemon, other) - before;
    assert(growth < MAX_GROWTH, `${growth >> 20} MiB`);
    // As soon as it reads it gets everything.
    while (ids.size > 0) {
      const { id, result } = await client.message();
      assert(ids.delete(id));
      check(result!);
    }
  });
}

Deno.test("files.read gives every byte of what is no text, and others are served meanwhile", async () => {
  await using daemon = await startDaemon();
  const bytes = new Uint8Array(4 << 20).fill(0xff);
  bytes.set(new TextEncoder().encode("<é\u2028"), 1_000_000);
  await Deno.writeFile(`${daemon.directory}/bad`, bytes);
  using client = await daemon.connect();
  using other = await daemon.connect();
  const id = await client.send("files.read", { path: `${daemon.directory}/bad`, maxBytes: bytes.length });
  assertEquals((await other.call("server.ping")).result, { pong: true });
  const line = await client.line();
  const bad = (count: number) => "\\ufffd".repeat(count);
  const content = `${bad(1_000_000)}\\u003cé\\u2028${bad(bytes.length - 1_000_006)}`;
  assert(line === `{"jsonrpc":"2.0","id":${id},"result":{"content":"${content}","exists":true}}`);
});

Deno.test("a reply that is larger than what a client may leave unread goes out all the same", async () => {
  await using daemon = await startDaemon();
  await Deno.writeFile(`${daemon.directory}/large`, new Uint8Array(20 << 20).fill(0x61));
  using client = await daemon.connect();
  const ids = new Set<unknown>();
  for (let i = 0; i < 3; i++) {
    ids.add(await client.send("files.read", { path: `${daemon.directory}/large`, maxBytes: 20 << 20 }));
    ids.add(await client.send("server.ping"));
  }
  while (ids.size > 0) {
    const { id, result } = await client.message();
    assert(ids.delete(id));
    assert(result!["pong"] === true || (result!["content"] as string).length === 20 << 20);
  }
});

Deno.test("requests that wait for room are dropped with their client, and nothing is left of them", async () => {
  await using daemon = await startDaemon();
  await Deno.writeFile(`${daemon.directory}/large`, new Uint8Array(6 << 20).fill(0x61));
  using other = await daemon.connect();
  const before = await peakOf(daemon, other);
  for (let round = 0; round < 5; round++) {
    using client = await daemon.connect();
    for (let i = 0; i < PENDING; i++) {
      await client.send("files.read", { path: `${daemon.directory}/large`, maxBytes: 6 << 20 });
    }
  }
  const growth = await peakOf(daemon, other) - before;
  assert(growth < MAX_GROWTH, `${growth >> 20} MiB`);
  assert(!daemon.log().includes("panic"), daemon.log());
});
