import { assert, assertEquals } from "@std/assert";
import { startDaemon } from "../helpers/daemon.ts";
import { isExitOf, type Message, outputOf } from "../helpers/line_client.ts";
import { residentBytes } from "../helpers/resident.ts";
import { soon, waitFor } from "../helpers/wait.ts";

Deno.test("process.reattach sends every missed frame once when a client reconnects", async () => {
  await using daemon = await startDaemon();
  const script =
    "i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo line $i; [ $((i % 50)) = 0 ] && sleep 0.02; done; exit 9";
  let seen: Message[];
  {
    using client = await daemon.connect();
    await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", script] });
    seen = await client.until((message) => message.stream === "stdout");
  }
  for (let cut = 0; seen.at(-1)!.stream !== "exit"; cut++) {
    using client = await daemon.connect();
    await client.send("process.reattach", { id: "p", fromSeq: seen.at(-1)!.seq! });
    const messages = await client.until((message) => message.id !== undefined || message.stream === "exit");
    const more = messages.at(-1)!.stream === "exit" || cut > 3
      ? await untilExit(client, messages)
      : messages.concat(await client.until((message) => message.stream !== undefined));
    seen.push(...more.filter((message) => message.type === "stream"));
  }
  assertEquals(seen.map(({ seq }) => seq), seen.map((_, i) => i + 1));
  assertEquals(outputOf(seen), Array.from({ length: 500 }, (_, i) => `line ${i + 1}\n`).join(""));
  assertEquals(seen.at(-1)!.exitCode, 9);
});

async function untilExit(client: { until(fits: (message: Message) => boolean): Promise<Message[]> }, sofar: Message[]) {
  return sofar.at(-1)!.stream === "exit" ? sofar : sofar.concat(await client.until(isExitOf("p")));
}

Deno.test("a process sends all bytes in order in frames of at most 32 KiB when its output is large", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", "seq 1 400000"] });
  const messages = await client.until(isExitOf("p"));
  assertEquals(outputOf(messages), Array.from({ length: 400_000 }, (_, i) => `${i + 1}\n`).join(""));
  const sizes = messages.map(({ data = "" }) => Uint8Array.fromBase64(data).length);
  assertEquals(Math.max(...sizes), 32 << 10);
  assertEquals(messages.map(({ seq }) => seq), messages.map((_, i) => i + 1));
});

Deno.test("process.reattach takes over the stream when another connection has it", async () => {
  await using daemon = await startDaemon();
  using first = await daemon.connect();
  using second = await daemon.connect();
  await first.call("process.spawn", { id: "p", command: "cat" });
  await second.call("process.reattach", { id: "p" });
  await second.send("process.stdin", { id: "p", data: btoa("hello\n") });
  assertEquals(outputOf(await second.until((message) => message.stream === "stdout")), "hello\n");
  await second.call("process.killAndWait", { id: "p" });
  assertEquals((await first.call("server.ping")).result, { pong: true });
  await first.closeWrite();
  assertEquals(await first.line(), undefined, "the first connection got no frame");
});

Deno.test("a process runs on and its output is replayed when its client disconnects", async () => {
  await using daemon = await startDaemon();
  {
    using client = await daemon.connect();
    await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", "echo before; read x; echo after"] });
    await client.until((message) => message.stream === "stdout");
  }
  await waitFor("the connection to be closed", () => daemon.log().includes("Connection closed"));
  using feeder = await daemon.connect();
  await feeder.call("process.stdin", { id: "p", data: btoa("\n") });
  await waitFor("the exit", () => daemon.log().includes("exited with code 0"));
  using client = await daemon.connect();
  await client.send("process.reattach", { id: "p" });
  assertEquals(outputOf(await client.until((message) => message.id !== undefined)), "before\nafter\n");
});

Deno.test("a process runs on when its client dies in the middle of a stream", async () => {
  await using daemon = await startDaemon();
  {
    using client = await daemon.connect();
    await client.send("process.spawn", { id: "p", command: "sh", args: ["-c", "seq 1 2000000; echo done >&2"] });
    await client.until((message) => message.stream === "stdout");
  }
  await waitFor("the process to run on", () => daemon.log().includes("Process p exited with code 0"));
  using client = await daemon.connect();
  assertEquals((await client.call("process.reattach", { id: "p", fromSeq: 1e9 })).result!.running, false);
});

/** Spawns a process and closes the reading side of the connection, so that writes to it fail. */
const DEAF_CLIENT = `import socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
peer.sendall(sys.argv[2].encode() + b"\\n")
peer.recv(1000)
peer.shutdown(socket.SHUT_RD)
sys.stdin.read()`;

Deno.test("a connection is detached when a write fails for the first time", async () => {
  await using daemon = await startDaemon();
  const request = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "process.spawn",
    params: { id: "p", command: "seq", args: ["1", "2000000"] },
    auth: daemon.token,
  });
  await using deaf = new Deno.Command("python3", { args: ["-c", DEAF_CLIENT, daemon.socket, request], stdin: "piped" })
    .spawn();
  await waitFor("the process to run on", () => daemon.log().includes("Process p exited with code 0"));
  assert(daemon.log().includes("WARN  [frameSink] write failed, detaching: write: broken pipe"), daemon.log());
  await waitFor("the connection to be closed", () => daemon.log().includes("Connection closed"));
  await deaf.stdin.close();
});

Deno.test("the daemon uses little memory and serves other clients when a client never reads", async () => {
  await using daemon = await startDaemon();
  using other = await daemon.connect();
  await other.call("process.spawn", { id: "warm-up", command: "head", args: ["-c", "20000000", "/dev/zero"] });
  await other.until(isExitOf("warm-up"));
  const idle = residentBytes(daemon.pid);
  using stalled = await daemon.connect();
  await stalled.send("process.spawn", { id: "flood", command: "yes" });
  await waitFor("the flood to start", () => daemon.log().includes("Process flood started"));
  for (let i = 0; i < 200; i++) {
    assertEquals((await other.call("server.ping")).result, { pong: true });
    await other.call("process.spawn", { id: `p${i}`, command: "head", args: ["-c", "100000", "/dev/zero"] });
    await other.until(isExitOf(`p${i}`));
  }
  const grown = residentBytes(daemon.pid) - idle;
  assert(grown < 64 << 20, `grew by ${grown} bytes`);
});

Deno.test("the daemon stops reading from a client when it reads no replies", async () => {
  await using daemon = await startDaemon();
  using other = await daemon.connect();
  await other.call("server.ping");
  const idle = residentBytes(daemon.pid);
  using deaf = await daemon.connect();
  // Each reply echoes the id, so replies pile up as fast as requests arrive.
  const request = `{"jsonrpc":"2.0","id":"${"x".repeat(60_000)}","method":"server.ping","auth":"${daemon.token}"}\n`;
  let sent = 0;
  const flood = (async () => {
    for (; sent < 2_000; sent++) await deaf.sendRaw(request);
  })();
  await waitFor("the daemon to stop reading", async () => {
    const before = sent;
    // For each reply the daemon's event loop takes a turn, in which it also reads requests unless it has stopped.
    for (let i = 0; i < 50; i++) await other.call("server.ping");
    return sent === before;
  });
  assert(sent < 1_000, `took ${sent} requests`);
  assert(residentBytes(daemon.pid) - idle < 64 << 20);
  assertEquals((await other.call("server.ping")).result, { pong: true });
  deaf.close();
  await flood.catch(() => {});
});

Deno.test("the daemon answers all requests of a flood when the client begins to read after a while", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const sending = (async () => {
    for (let i = 0; i < 20_000; i++) await client.send("server.ping");
  })();
  for (let i = 1; i <= 20_000; i++) assertEquals((await client.message()).id, i);
  await sending;
});

Deno.test("process.stdin waits when the queue is full, and is answered when the process ends", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "sleep", args: ["1000"] });
  const chunk = "y".repeat(700_000);
  const ids = [];
  for (let i = 0; i < 16; i++) ids.push(await client.send("process.stdin", { id: "p", data: btoa(chunk) }));
  await waitFor(
    "the queue to fill",
    () => daemon.log().includes("[process.Manager] stdin backpressure: queue full for p"),
  );
  using other = await daemon.connect();
  const { result } = await other.call("process.reattach", { id: "p" });
  assert(Number(result!.stdinApplied) <= (8 << 20) + 65_536 && Number(result!.stdinApplied) > (7 << 20));
  await other.call("process.kill", { id: "p", signal: "KILL" });
  const answered = new Map<unknown, Message>();
  while (answered.size < ids.length) {
    const message = await client.message();
    if (message.id !== undefined) answered.set(message.id, message);
  }
  // The pending requests fail because the process or its pipe has ended, whichever is noticed first.
  const outcomes = [...answered.values()].map(({ error, result }) => error?.message ?? result?.success);
  assertEquals(outcomes.filter((outcome) => outcome !== true && outcome !== "Process not running"), []);
});

Deno.test("process.stdin passes all bytes on in order when there are many megabytes", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", "head -c 21000000 | cksum"] });
  const line = "0123456789".repeat(70_000);
  const sending = (async () => {
    for (let i = 0; i < 30; i++) await client.send("process.stdin", { id: "p", data: btoa(line), offset: i * 700_000 });
  })();
  const messages = await client.until(isExitOf("p"));
  await sending;
  const expected = await new Deno.Command("sh", {
    args: ["-c", "yes 0123456789 | tr -d '\\n' | head -c 21000000 | cksum"],
  }).output();
  assertEquals(outputOf(messages), new TextDecoder().decode(expected.stdout));
});

Deno.test("requests for a process keep their order when its start waits for the login shell", async () => {
  await using shell = await slowShell();
  await using daemon = await startDaemon({ env: { SHELL: shell.path } });
  using client = await daemon.connect();
  await client.send("process.spawn", { id: "p", command: "cat" });
  await client.send("process.stdin", { id: "p", data: btoa("a\n") });
  await client.send("process.stdin", { id: "p", data: btoa("b\n"), offset: 2 });
  await client.send("process.spawn", { id: "q", command: "sh", args: ["-c", "echo $PATH"] });
  const ping = await client.send("server.ping");
  assertEquals((await client.message()).id, ping, "others are not held up");
  await shell.release();
  const messages = await client.until(isExitOf("q"));
  const more = outputOf(messages.filter(({ processId }) => processId === "p")).length < 4
    ? await client.until((message) => outputOf([message]).endsWith("b\n"))
    : [];
  assertEquals(outputOf(messages.concat(more).filter(({ processId }) => processId === "p")), "a\nb\n");
  assertEquals(outputOf(messages.filter(({ processId }) => processId === "q")), "/from/login/shell:/usr/bin:/bin\n");
  await client.call("process.kill", { id: "p" });
});

/** Creates a login shell that waits until it is allowed to print its PATH. */
async function slowShell(): Promise<{ path: string; release(): Promise<void> } & AsyncDisposable> {
  const directory = await Deno.makeTempDir({ dir: "/tmp" });
  const path = `${directory}/shell`;
  const fifo = `${directory}/go`;
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  const script =
    `#!/bin/sh\nread go < ${fifo}\nPATH=/from/login/shell:/usr/bin:/bin\nshift 2\n[ "$1" = -c ] && shift\neval "$1"\n`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  await Deno.chmod(path, 0o755);
  return {
    path,
    release: () => Deno.writeTextFile(fifo, "go\n", { create: false }),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

Deno.test("the connection stays open when a method is unknown, a frame is invalid or a token is refused", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.sendRaw("nonsense\n");
  assertEquals((await client.message()).error?.code, -32700);
  assertEquals((await client.call("server.nope")).error?.code, -32601);
  assertEquals((await client.call("server.ping")).result, { pong: true });
});

Deno.test("the daemon logs an error and closes the connection without a reply when a line is too long", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const ping = await client.send("server.ping");
  assertEquals((await client.message()).id, ping);
  await client.sendRaw("x".repeat(1_048_576)).catch(() => {});
  assertEquals(await client.line().catch(() => undefined), undefined);
  await waitFor(
    "the log",
    () => daemon.log().includes("ERROR [Server] scanner error on @: bufio.Scanner: token too long"),
  );
});

Deno.test("the daemon answers requests in flight within five seconds when a client half-closes the connection", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.send("process.spawn", {
    id: "p",
    command: "sh",
    args: ["-c", "trap '' TERM; echo; while :; do sleep 0.01; done"],
  });
  await client.until((message) => message.stream === "stdout");
  const quick = await client.send("process.killAndWait", { id: "p", timeoutMs: 300, escalate: false });
  await client.send("process.killAndWait", { id: "p", timeoutMs: 60_000, escalate: false });
  await client.closeWrite();
  const started = performance.now();
  assertEquals((await client.message()).id, quick);
  assertEquals(await soon("the daemon to close", client.line()), undefined);
  const took = performance.now() - started;
  assert(took > 4_500 && took < 7_500, `closed after ${took} ms`);
});
