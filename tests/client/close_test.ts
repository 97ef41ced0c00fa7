import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Client, connect, ConnectionLostError, type RemoteProcess } from "../../mod.ts";
import type { Transport } from "../../lib/client/wire_connection.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

/** Returns a `dial` function whose connections can be cut; `cut()` also makes it fail until `restore()`. */
function interruptibleDial(daemon: TestDaemon) {
  const open = new Set<Deno.UnixConn>();
  let isCut = false;
  let attempts = 0;
  const close = (conn: Deno.UnixConn) => {
    if (open.delete(conn)) conn.close();
  };
  return {
    get attempts() {
      return attempts;
    },
    cut() {
      isCut = true;
      for (const conn of open) close(conn);
    },
    restore: () => void (isCut = false),
    async dial(): Promise<Transport> {
      attempts++;
      if (isCut) throw new ConnectionLostError("the network is down");
      const conn = await Deno.connect({ transport: "unix", path: daemon.socket });
      open.add(conn);
      return { read: (into) => conn.read(into), write: (bytes) => conn.write(bytes), close: () => close(conn) };
    },
  };
}

/** Starts one operation of each kind. Each returned promise resolves once its operation fails. */
async function startPending(client: Client, child: RemoteProcess): Promise<Promise<void>[]> {
  const reader = child.stdout.getReader();
  const frames = client.frames(child.id, { observe: true });
  const reading = reader.read();
  const following = frames.next();
  const killing = client.call("process.killAndWait", {
    id: child.id,
    signal: "HUP",
    escalate: false,
    timeoutMs: 60_000,
  });
  const failing = [reading, following, killing, child.exit];
  await Promise.resolve();
  return failing.map((each) => assertRejects(() => soon("it to settle", each as Promise<unknown>)).then(() => {}));
}

async function dispose(client: Client): Promise<void> {
  await client[Symbol.asyncDispose]();
}

const STUBBORN = { command: "sh", args: ["-c", "trap '' HUP; exec sleep 1000"] };

Deno.test("Client.close() makes pending operations fail when it is called twice, and a later disposal returns", async () => {
  await using daemon = await startDaemon();
  const client = await connect({ socket: daemon.socket });
  const child = await client.spawn(STUBBORN);
  const pending = await startPending(client, child);
  client.close();
  client.close();
  await Promise.all(pending);
  await soon("the disposal", dispose(client));
  await soon("the second disposal", dispose(client));
  assert(isAlive(child.pid));
});

Deno.test("Client disposal makes pending operations fail and stops reconnecting when the connection is lost", async () => {
  await using daemon = await startDaemon();
  const network = interruptibleDial(daemon);
  const client = await connect({ socket: daemon.socket, dial: network.dial });
  const child = await client.spawn(STUBBORN);
  const pending = await startPending(client, child);
  const before = network.attempts;
  network.cut();
  await waitFor("some attempts", () => network.attempts > before + 3);
  await soon("the disposal", dispose(client));
  const after = network.attempts;
  await Promise.all(pending);
  network.restore();
  await assertRejects(() => client.call("server.ping"), ConnectionLostError);
  await assertRejects(() => client.spawn({ command: "true" }), ConnectionLostError);
  await assertRejects(() => client.attach(child.id), ConnectionLostError);
  await assertRejects(() => client.frames(child.id).next(), ConnectionLostError);
  assertEquals(network.attempts, after);
});

Deno.test("Client disposal makes spawn() fail when it is pending", async () => {
  await using daemon = await startDaemon();
  const network = interruptibleDial(daemon);
  const client = await connect({ socket: daemon.socket, dial: network.dial });
  network.cut();
  const starting = assertRejects(() => soon("the start", client.spawn({ command: "true" })), ConnectionLostError);
  await waitFor("an attempt", () => network.attempts > 3);
  await soon("the disposal", dispose(client));
  await starting;
});

Deno.test("RemoteProcess.detach() has no effect when it is called twice, after the exit or after a disposal", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn(STUBBORN);
  child.detach();
  child.detach();
  await child[Symbol.asyncDispose]();
  await assertRejects(() => child.exit, DOMException, "was detached");
  assertEquals(await child.stdout.getReader().read().catch((error) => error.name), "AbortError");
  const ended = await client.spawn({ command: "true" });
  assertEquals(await ended.exit, { code: 0 });
  ended.detach();
  assertEquals([await ended.exit, await new Response(ended.stdout).text()], [{ code: 0 }, ""]);
});

Deno.test("an AbortSignal stops only its own call, stream or process when the client reconnects", async () => {
  await using daemon = await startDaemon();
  const network = interruptibleDial(daemon);
  await using client = await connect({ socket: daemon.socket, dial: network.dial });
  const kept = await client.spawn({ command: "cat" });
  const stop = new AbortController();
  const dropped = await client.spawn({ command: "cat", signal: stop.signal });
  const following = client.frames(kept.id, { observe: true, signal: stop.signal }).next();
  network.cut();
  const calling = client.call("server.ping", undefined, { signal: stop.signal });
  const starting = client.spawn({ command: "cat", signal: stop.signal });
  const failing = [following, calling, starting].map((each) =>
    assertRejects(() => each as Promise<unknown>, Error, "enough")
  );
  const exit = assertRejects(() => dropped.exit, DOMException);
  stop.abort(new Error("enough"));
  await soon("all of them", Promise.all([...failing, exit]));
  network.restore();
  const writer = kept.stdin.getWriter();
  await writer.write(new TextEncoder().encode("still here"));
  await writer.close();
  assertEquals(await new Response(kept.stdout).text(), "still here");
});

Deno.test("Client.frames() does not block the process when its reader stops early", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "yes", discard: ["stdout", "stderr"] });
  for (let i = 0; i < 20; i++) {
    for await (const { seq } of client.frames(child.id, { observe: i % 2 === 0, onGap: () => {} })) if (seq > 2) break;
  }
  assertEquals(await client.call("server.ping"), { pong: true });
  await child.kill("SIGKILL");
  assertEquals((await soon("its exit", child.exit)).signal, "SIGKILL");
});

Deno.test("Client.close() works when it is called in a callback of the client", async () => {
  await using daemon = await startDaemon();
  await using other = await connect({ socket: daemon.socket });
  const client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "cat", onTaken: () => client.close() });
  const exit = assertRejects(() => soon("its exit", child.exit));
  await other.attach(child.id);
  await exit;
  await soon("the disposal", dispose(client));
});

Deno.test("connect() throws the reason of its signal when it is aborted and the daemon does not reply", async () => {
  await using directory = await tempDir();
  const socket = `${directory.path}/mute`;
  const listener = Deno.listen({ transport: "unix", path: socket });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) accepted.push(conn);
  })();
  const stop = new AbortController();
  const connecting = assertRejects(() => connect({ socket, token: "t", signal: stop.signal }), Error, "enough");
  await waitFor("the connection", () => accepted.length > 0);
  stop.abort(new Error("enough"));
  await soon("the abort", connecting);
  listener.close();
  await accepting;
  for (const conn of accepted) conn.close();
});

Deno.test("Client disposal returns when a reader of frames() stopped early and its queue was full", async () => {
  await using daemon = await startDaemon();
  const client = await connect({ socket: daemon.socket });
  const script = "i=0; while [ $i -lt 300 ]; do echo $i; sleep 0.001; i=$((i+1)); done; exec sleep 1000";
  await client.spawn({ id: "p", command: "sh", args: ["-c", script], discard: ["stdout", "stderr"] });
  await waitFor("its frames", async () => (await client.call("process.list")).processes[0]!.lastSeq > 200);
  const frames = client.frames("p");
  await frames.next();
  await frames.return(undefined);
  await soon("its end", dispose(client));
});

Deno.test("RemoteProcess fails once, without reconnecting, when a frame is invalid", async () => {
  await using daemon = await startDaemon();
  let dials = 0;
  await using client = await connect({
    socket: daemon.socket,
    async dial() {
      dials++;
      const conn = await Deno.connect({ transport: "unix", path: daemon.socket });
      let isBroken = false;
      return {
        async read(into) {
          const n = await conn.read(into);
          const text = n === null ? "" : new TextDecoder().decode(into.subarray(0, n));
          if (!text.includes('"stdout"') || isBroken) return n;
          isBroken = true;
          // The reply to the spawn may have come with the frame.
          const before = text.slice(0, text.lastIndexOf("\n", text.indexOf('"stdout"')) + 1);
          return new TextEncoder().encodeInto(`${before}{"type":"stream","broken\n`, into).written;
        },
        write: (bytes) => conn.write(bytes),
        close: () => conn.close(),
      };
    },
  });
  const child = await client.spawn({ command: "echo", args: ["hi"] });
  await assertRejects(() => soon("its exit", child.exit), SyntaxError);
  assert(dials <= 2, `${dials} connections`);
});
