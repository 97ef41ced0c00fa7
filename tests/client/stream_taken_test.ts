import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type Frame, ProcessLostError } from "../../mod.ts";
import { LineClient } from "../helpers/line_client.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { soon, waitFor } from "../helpers/wait.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("RemoteProcess delivers every byte and the exit when another client takes over the stream", async () => {
  await using daemon = await startDaemon();
  await using one = await connect({ socket: daemon.socket });
  await using other = await connect({ socket: daemon.socket });
  let taken = 0;
  const mine = await one.spawn({ command: "cat", onTaken: () => taken++ });
  const text = new Response(mine.stdout).text();
  const writer = mine.stdin.getWriter();
  await writer.write(encode("before\n"));
  const theirs = await other.attach(mine.id);
  const theirText = new Response(theirs.stdout).text();
  await waitFor("the notice", () => taken > 0);
  await writer.write(encode("after\n"));
  await writer.close();
  assertEquals(await soon("its end", mine.exit), { code: 0 });
  assertEquals([await text, await theirText, taken], ["before\nafter\n", "before\nafter\n", 1]);
});

Deno.test("Client.frames() continues as an observer when another client takes over the stream", async () => {
  await using daemon = await startDaemon();
  await using one = await connect({ socket: daemon.socket });
  await using other = await connect({ socket: daemon.socket });
  const child = await one.spawn({ command: "cat", discard: ["stdout", "stderr"] });
  let taken = 0;
  const frames = one.frames(child.id, { onTaken: () => taken++ });
  const next = frames.next();
  const writer = child.stdin.getWriter();
  await writer.write(encode("a"));
  assertEquals((await next).value?.seq, 1);
  await other.attach(child.id, { discard: ["stdout", "stderr"] });
  await waitFor("the notice", () => taken > 0);
  await writer.close();
  const rest: Frame[] = [];
  for await (const frame of frames) rest.push(frame);
  assertEquals(rest.map(({ stream, seq }) => [stream, seq]), [["exit", 2]]);
});

Deno.test("RemoteProcess.exit rejects with ProcessLostError when the id is reused", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ id: "p", command: "cat" });
  const reading = child.stdout.getReader().read();
  const failing = [
    assertRejects(() => soon("its exit", child.exit), ProcessLostError, 'no longer has process "p"'),
    assertRejects(() => reading, ProcessLostError),
  ];
  const next = await client.spawn({ id: "p", command: "true" });
  await Promise.all(failing);
  assertEquals(await next.exit, { code: 0 });
});

Deno.test("RemoteProcess fails with ProcessLostError when the id is reused while the connection is lost", async () => {
  await using daemon = await startDaemon();
  const open = new Set<Deno.UnixConn>();
  let isCut = false;
  const reconnecting = Promise.withResolvers<void>();
  await using client = await connect({
    socket: daemon.socket,
    async dial() {
      if (isCut) await reconnecting.promise;
      const conn = await Deno.connect({ transport: "unix", path: daemon.socket });
      open.add(conn);
      return { read: (into) => conn.read(into), write: (bytes) => conn.write(bytes), close: () => close(conn) };
    },
  });
  const close = (conn: Deno.UnixConn) => {
    if (open.delete(conn)) conn.close();
  };
  const child = await client.spawn({ id: "p", command: "cat" });
  isCut = true;
  for (const conn of open) close(conn);
  using line = await daemon.connect();
  await line.call("process.spawn", { id: "p", command: "sh", args: ["-c", "echo another; sleep 1000"] });
  reconnecting.resolve();
  await assertRejects(() => new Response(child.stdout).text(), ProcessLostError);
  await assertRejects(() => child.exit, ProcessLostError);
});

Deno.test("the daemon sends no notice when a client that did not request notices loses the stream", async () => {
  await using daemon = await startDaemon();
  using first = await daemon.connect();
  using second = await LineClient.connect(daemon.socket, daemon.token);
  await first.call("process.spawn", { id: "p", command: "cat" });
  await second.call("process.reattach", { id: "p" });
  await second.call("process.kill", { id: "p", signal: "KILL" });
  await second.until(({ stream }) => stream === "exit");
  const id = await first.send("server.ping");
  assertEquals((await first.message()).id, id);
});

Deno.test("the daemon sends no notice when a client takes over the stream from itself", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "cat", notice: true });
  const again = await client.send("process.reattach", { id: "p", notice: true });
  const lines = await client.until(({ id }) => id === again);
  assert(lines.every(({ stream }) => stream !== "detached"));
});

Deno.test("process.reattach finds a process only when the given pid is its own", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const { result } = await client.call("process.spawn", { id: "p", command: "cat", wantPid: true });
  const pid = result!.pid as number;
  assertEquals((await client.call("process.reattach", { id: "p", pid })).result!.found, true);
  assertEquals((await client.call("process.reattach", { id: "p", pid: pid + 1 })).result!.found, false);
});
