import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  ConnectionLostError,
  DaemonGoneError,
  DialError,
  ProcessLostError,
  RpcCallError,
  TokenRefusedError,
} from "../../mod.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

Deno.test("connect() reads the token beside the socket, and call() has the types of each method", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  assertEquals(await client.call("server.ping"), { pong: true });
  const { isDir } = await client.call("files.stat", { path: daemon.directory });
  assertEquals(isDir satisfies boolean, true);
  const { processes } = await client.call("process.list");
  assertEquals(processes, []);
  const { extensions = [] } = await client.call("server.capabilities", { extensions: true });
  assert(extensions.includes("process.observe"));
});

// Never called: each statement must fail the type check.
export async function wrongCalls(socket: string): Promise<void> {
  const client = await connect({ socket });
  // @ts-expect-error the method does not exist
  await client.call("files.stats", { path: "/" });
  // @ts-expect-error the path is not a string
  await client.call("files.stat", { path: 1 });
  // @ts-expect-error the path is missing
  await client.call("files.stat", {});
  // @ts-expect-error the params are missing
  await client.call("process.kill");
  // @ts-expect-error the param does not exist
  await client.call("process.kill", { id: "p", sig: "KILL" });
  // @ts-expect-error the field does not exist
  (await client.call("server.ping")).ping;
}

Deno.test("connect() fails at once when no daemon listens or the token is wrong", async () => {
  await using directory = await tempDir();
  await assertRejects(() => connect({ socket: `${directory.path}/none` }), DialError, "no such file or directory");
  await using daemon = await startDaemon();
  await assertRejects(() => connect({ socket: daemon.socket, token: "wrong" }), TokenRefusedError, "refused the token");
});

Deno.test("Client.call() throws RpcCallError when the daemon replies with an error, and the client stays usable", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const error = await assertRejects(() => client.call("files.list", { path: "/nope" }), RpcCallError);
  assertEquals([error.code, error.method, error.message], [
    -32603,
    "files.list",
    "open /nope: no such file or directory",
  ]);
  await assertRejects(() => client.spawn({ command: "/nope" }), RpcCallError, "fork/exec /nope");
  await assertRejects(() => client.attach("nobody"), ProcessLostError, 'no process "nobody"');
  await assertRejects(() => client.frames("nobody").next(), ProcessLostError);
  assertEquals(await client.call("server.ping"), { pong: true });
});

Deno.test("Client.spawn() returns a process with its streams, pid and exit", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const script = "cat; echo $VALUE >&2; pwd >&2; exit 3";
  const child = await client.spawn({ command: "sh", args: ["-c", script], env: { VALUE: "v" }, cwd: "/" });
  assert(isAlive(child.pid) && child.startTime > 1.7e9);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("hello"));
  await writer.close();
  assertEquals(await new Response(child.stdout).text(), "hello");
  assertEquals(await new Response(child.stderr).text(), "v\n/\n");
  assertEquals(await child.exit, { code: 3 });
  const killed = await client.spawn({ command: "sleep", args: ["1000"] });
  await client.call("process.kill", { id: killed.id, signal: "TERM" });
  assertEquals(await killed.exit, { code: -1, signal: "SIGTERM", killedBy: "client" });
});

Deno.test("RemoteProcess.stdin fails when the process has ended", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "true" });
  await child.exit;
  const writer = child.stdin.getWriter();
  await assertRejects(() => writer.write(new Uint8Array(1)), Deno.errors.BrokenPipe, "has ended");
});

Deno.test("RemoteProcess.stdout blocks only its own process when it is not read, and none when it is discarded", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const stalled = await client.spawn({ command: "yes" });
  const quiet = await client.spawn({ command: "head", args: ["-c", "50000000", "/dev/zero"], discard: ["stdout"] });
  assertEquals(await quiet.exit, { code: 0 });
  await stalled.stdout.cancel();
  await client.call("process.kill", { id: stalled.id, signal: "KILL" });
  assertEquals((await stalled.exit).signal, "SIGKILL");
});

Deno.test("an AbortSignal stops a call, a stream, a spawn and connect() when it is aborted", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "sleep", args: ["1000"] });
  const calls = new AbortController();
  const kill = { id: child.id, signal: "HUP", escalate: false, timeoutMs: 60_000 };
  const waiting = client.call("process.killAndWait", kill, { signal: calls.signal });
  calls.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  await assertRejects(() => client.call("server.ping", undefined, { signal: calls.signal }), Error, "enough");

  const streams = new AbortController();
  const cat = await client.spawn({ command: "cat", signal: streams.signal });
  const reading = cat.stdout.getReader().read();
  const following = client.frames(cat.id, { observe: true, signal: streams.signal }).next();
  const failing = [
    assertRejects(() => reading, DOMException, "was detached"),
    assertRejects(() => following, Error, "enough"),
  ];
  streams.abort(new Error("enough"));
  await Promise.all(failing);
  await assertRejects(() => cat.exit, DOMException);
  await assertRejects(() => client.spawn({ command: "cat", signal: streams.signal }), Error, "enough");
  await assertRejects(() => connect({ socket: daemon.socket, signal: streams.signal }), Error, "enough");
  assertEquals(isAlive(cat.pid), true, "detached is not killed");
});

Deno.test("Client makes pending operations fail with the reason when the daemon is killed", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket, giveUpMs: 100 });
  const script = "trap '' HUP; echo ready; exec sleep 1000";
  const child = await client.spawn({ command: "sh", args: ["-c", script] });
  const reader = child.stdout.getReader();
  await reader.read();
  const kill = { id: child.id, signal: "HUP", escalate: false, timeoutMs: 60_000 };
  const pending = [reader.read(), client.call("process.killAndWait", kill), child.exit];
  const text = "the daemon is gone: dial server: dial unix";
  const failing = pending.map((each) => assertRejects(() => each as Promise<unknown>, DaemonGoneError, text));
  Deno.kill(daemon.pid, "SIGKILL");
  await Promise.all(failing);
  await assertRejects(() => client.call("server.ping"), DaemonGoneError);
  Deno.kill(child.pid, "SIGKILL");
});

Deno.test("Client connects to the new daemon with its token when the old one is replaced, and the old processes are lost", async () => {
  await using first = await startDaemon();
  const { socket } = first;
  await using client = await connect({ socket });
  const child = await client.spawn({ command: "cat" });
  await first.stop("SIGKILL");
  const { serve } = await import("../../mod.ts");
  await using _second = await serve({ socket, token: "another", useLoginPath: false });
  assertEquals(await client.call("server.ping"), { pong: true });
  await assertRejects(() => child.exit, ProcessLostError);
});

Deno.test("server.shutdown returns when the connection closes, and later calls fail", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket, giveUpMs: 100 });
  const child = await client.spawn({ command: "cat" });
  await client.call("server.shutdown");
  await waitFor("its end", () => !isAlive(daemon.pid));
  const stdin = { id: child.id, data: "" };
  await assertRejects(() => client.call("process.stdin", stdin), DaemonGoneError);
});

Deno.test("Client.close() makes pending and later operations fail", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "sleep", args: ["1000"] });
  const waiting = client.call("process.killAndWait", { id: child.id, signal: "INT" });
  const failing = assertRejects(() => waiting, ConnectionLostError, "the client was closed");
  client.close();
  await failing;
  await assertRejects(() => client.call("server.ping"), ConnectionLostError, "the client was closed");
  await assertRejects(() => child.exit, DOMException, "was detached");
});

Deno.test("Client.attach() does not take over the stream when it observes", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "cat" });
  const observed: number[] = [];
  const observing = (async () => {
    for await (const { seq } of client.frames(child.id, { observe: true })) observed.push(seq);
  })();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  for (const word of ["one", "two"]) {
    await writer.write(new TextEncoder().encode(word));
    assertEquals(new TextDecoder().decode((await reader.read()).value), word);
  }
  await writer.close();
  await Promise.all([child.exit, observing]);
  assertEquals(observed, [1, 2, 3]);
});
