import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, StdinConflictError } from "../../mod.ts";
import { StdinSender } from "../../lib/client/stdin_sender.ts";
import { WireConnection } from "../../lib/client/wire_connection.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { outputOf } from "../helpers/line_client.ts";
import { soon, waitFor } from "../helpers/wait.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("RemoteProcess.stdin throws StdinConflictError and loses no bytes of the other client when that has written", async () => {
  await using daemon = await startDaemon();
  await using one = await connect({ socket: daemon.socket });
  await using other = await connect({ socket: daemon.socket });
  const mine = await one.spawn({ command: "cat" });
  const theirs = await other.attach(mine.id, { observe: true });
  const text = new Response(mine.stdout).text();
  const [writer, theirWriter] = [mine.stdin.getWriter(), theirs.stdin.getWriter()];
  await theirWriter.write(encode("theirs\n"));
  await waitFor("their bytes", async () => (await one.call("process.list")).processes[0]!.stdinApplied > 0);
  // The error arrives with the reply, which may be that to a later write.
  const writing = async () => {
    for (;;) await writer.write(encode("mine\n".repeat(1_000)));
  };
  await assertRejects(writing, StdinConflictError, "another client writes");
  await theirWriter.close();
  assertEquals(await text, "theirs\n");
});

Deno.test("process.stdin applies no exact bytes when their offset is not the number of applied bytes", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "cat" });
  const write = (text: string, offset: number) =>
    client.call("process.stdin", { id: "p", data: btoa(text), offset, exact: true });
  assertEquals((await write("abc", 0)).result, { success: true, applied: 3 });
  // It overlaps with the first write by a byte, which must not be treated as a repetition.
  assertEquals((await write("xyz", 2)).error?.code, -32003);
  assertEquals((await write("xyz", 4)).error?.code, -32003);
  assertEquals((await write("def", 3)).result, { success: true, applied: 6 });
  await client.send("process.closeStdin", { id: "p" });
  using observer = await daemon.connect();
  await observer.send("process.reattach", { id: "p", observe: true });
  assertEquals(outputOf(await observer.until(({ stream }) => stream === "exit")), "abcdef");
});

/** Creates a connection to a fake daemon that records the requests; the test sends the replies. */
function scriptedConnection() {
  const requests: { id: number; params: { data: string; offset: number; exact?: boolean } }[] = [];
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const reader = readable.getReader();
  const answers = writable.getWriter();
  const connection = new WireConnection({
    token: "t",
    onFrame: () => {},
    transport: {
      async read(into) {
        const { value, done } = await reader.read();
        if (done) return null;
        into.set(value);
        return value.length;
      },
      write(bytes) {
        for (const line of new TextDecoder().decode(bytes).trim().split("\n")) requests.push(JSON.parse(line));
        return Promise.resolve(bytes.length);
      },
      close: () => void reader.cancel(),
    },
  });
  const answer = (id: number, result: object) => answers.write(encode(JSON.stringify({ id, result }) + "\n"));
  return { connection, requests, answer, finish: () => (connection.close(), connection.finished) };
}

Deno.test("StdinSender joins small writes in order when too many requests are in flight", async () => {
  const { connection, requests, answer, finish } = scriptedConnection();
  const sender = new StdinSender("p");
  sender.resume(connection, 0);
  const writer = sender.writable().getWriter();
  for (let i = 0; i < 1_000; i++) await writer.write(encode(`${i}\n`));
  assert(requests.length <= 8, `${requests.length} requests in flight`);
  for (let i = 0; i < requests.length; i++) {
    const { id, params: { data, offset } } = requests[i]!;
    await answer(id, { applied: offset + atob(data).length });
    while (i + 1 === requests.length && i < 8) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const sent = requests.map(({ params }) => atob(params.data)).join("");
  assertEquals(sent, Array.from({ length: 1_000 }, (_, i) => `${i}\n`).join(""));
  assert(requests.length < 20, `${requests.length} requests in all`);
  await finish();
});

Deno.test("StdinSender marks bytes as exact, except when it sends them again", async () => {
  const first = scriptedConnection();
  const sender = new StdinSender("p");
  sender.resume(first.connection, 5);
  const writer = sender.writable().getWriter();
  await writer.write(encode("ab"));
  await writer.write(encode("cd"));
  await first.finish();
  const second = scriptedConnection();
  sender.resume(second.connection, 7);
  await writer.write(encode("ef"));
  const seen = ({ requests }: typeof first) =>
    requests.map(({ params: { data, offset, exact } }) => [atob(data), offset, exact]);
  assertEquals(seen(first), [["ab", 5, true], ["cd", 7, true]]);
  assertEquals(seen(second), [["cd", 7, undefined], ["ef", 9, true]]);
  await second.finish();
});

for (const [what, applied] of [["within a piece", 6], ["larger than that of the sent ones", 20]] as const) {
  Deno.test(`StdinSender throws StdinConflictError when the daemon has applied a number of bytes ${what}`, async () => {
    const first = scriptedConnection();
    const sender = new StdinSender("p");
    sender.resume(first.connection, 5);
    const writer = sender.writable().getWriter();
    await writer.write(encode("ab"));
    await first.finish();
    const second = scriptedConnection();
    sender.resume(second.connection, applied);
    await assertRejects(() => writer.write(encode("c")), StdinConflictError);
    await second.finish();
  });
}

for (const reply of [{ applied: 2, duplicate: true }, { applied: 9 }]) {
  Deno.test(`StdinSender throws StdinConflictError when an older daemon replies ${JSON.stringify(reply)} to the first bytes`, async () => {
    const { connection, requests, answer, finish } = scriptedConnection();
    const sender = new StdinSender("p");
    sender.resume(connection, 0);
    const writer = sender.writable().getWriter();
    await writer.write(encode("ab"));
    await answer(requests[0]!.id, reply);
    await assertRejects(async () => {
      for (;;) await writer.write(encode("c"));
    }, StdinConflictError);
    await finish();
  });
}

Deno.test("StdinSender sends smaller pieces when connections are lost before they have transferred one", async () => {
  const sender = new StdinSender("p");
  let last = scriptedConnection();
  sender.resume(last.connection, 0);
  const writer = sender.writable().getWriter();
  await writer.write(new Uint8Array(256 << 10));
  const sizes: number[] = [];
  for (let i = 0; i < 8; i++) {
    sizes.push(Math.max(...last.requests.map(({ params }) => atob(params.data).length)));
    await last.finish();
    last = scriptedConnection();
    sender.resume(last.connection, 0);
    await Promise.resolve();
  }
  assertEquals(sizes, [256, 128, 64, 32, 16, 8, 4, 4].map((kib) => kib << 10));
  await last.finish();
});

Deno.test("RemoteProcess.stdin fails at once when another client has written, without another write", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ id: "p", command: "cat", discard: ["stdout"] });
  using other = await daemon.connect();
  await other.call("process.stdin", { id: "p", data: btoa("theirs") });
  const writer = child.stdin.getWriter();
  const failing = assertRejects(() => soon("its end", writer.closed), StdinConflictError);
  await writer.write(encode("mine"));
  await failing;
});

Deno.test("pipeTo(RemoteProcess.stdin) settles when the process ends and the source sends nothing", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "true" });
  const silent = new ReadableStream<Uint8Array>();
  await assertRejects(() => soon("its end", silent.pipeTo(child.stdin)), Deno.errors.BrokenPipe, "has ended");
});
