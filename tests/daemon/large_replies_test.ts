import { assert, assertEquals } from "@std/assert";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import type { LineClient } from "../helpers/line_client.ts";
import { GIT_ENVIRONMENT } from "../helpers/repository.ts";
import { residentBytes } from "../helpers/resident.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** How many requests a client that does not read has in flight. */
const PENDING = 40;
/** How much memory the daemon may use for them. All replies together would take more than twice as much. */
const MAX_GROWTH = 128 << 20;
/** A daemon that needs no more memory during this many pings is idle. */
const QUIET_PINGS = 200;
const QUIET_BYTES = 1 << 20;

/** Returns the most memory that the daemon uses until it is idle, while it serves another client. */
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

/** The requests with replies of some megabytes, and the contents of each reply. */
interface Case {
  readonly method: string;
  prepare(daemon: TestDaemon, client: LineClient): Promise<object>;
  check(result: Record<string, unknown>): void;
}

/** Creates a repository with many new files with long names. */
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
  Deno.test(`${method} uses bounded memory when a client sends many requests and reads no replies`, async () => {
    await using daemon = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "error" } });
    using other = await daemon.connect();
    const params = await prepare(daemon, other);
    using client = await daemon.connect();
    // Memory for modules and caches does not count.
    check((await other.call(method, params)).result!);
    const before = await peakOf(daemon, other);
    const ids = new Set<unknown>();
    for (let i = 0; i < PENDING; i++) ids.add(await client.send(method, params));
    const growth = await peakOf(daemon, other) - before;
    assert(growth < MAX_GROWTH, `${growth >> 20} MiB`);
    // The client gets all replies once it reads.
    while (ids.size > 0) {
      const { id, result } = await client.message();
      assert(ids.delete(id));
      check(result!);
    }
  });
}

Deno.test("files.read returns every byte, and other clients are served, when a file is not text", async () => {
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

Deno.test("serve() sends a reply when it is larger than the output that a client may leave unread", async () => {
  await using daemon = await startDaemon();
  await Deno.writeFile(`${daemon.directory}/large`, new Uint8Array(10 << 20).fill(0x61));
  using client = await daemon.connect();
  const ids = new Set<unknown>();
  for (let i = 0; i < 3; i++) {
    ids.add(await client.send("files.read", { path: `${daemon.directory}/large`, maxBytes: 10 << 20 }));
    ids.add(await client.send("server.ping"));
  }
  while (ids.size > 0) {
    const { id, result } = await client.message();
    assert(ids.delete(id));
    assert(result!["pong"] === true || (result!["content"] as string).length === 10 << 20);
  }
});

Deno.test("serve() drops requests that wait for memory when their client disconnects", async () => {
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

Deno.test("a git that is held up ends with the client that asked for it", async () => {
  await using daemon = await startDaemon();
  using other = await daemon.connect();
  const params = await fillRepository(daemon);
  const client = await daemon.connect();
  for (let i = 0; i < PENDING; i++) await client.send("git.status", params);
  await peakOf(daemon, other);
  assert(childrenOf(daemon.pid).length > 0, "nobody reads what they print");
  client.close();
  await waitFor("each of them to end", () => childrenOf(daemon.pid).length === 0);
  assert(!daemon.log().includes("panic"), daemon.log());
});

/** The programs that a process has started, and that have not ended. */
function childrenOf(pid: number): string[] {
  const tasks = [...Deno.readDirSync(`/proc/${pid}/task`)];
  return tasks.flatMap(({ name }) => Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).split(" "))
    .filter((child) => child !== "" && isAlive(Number(child)));
}
