import { assert, assertEquals } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { isExitOf, LineClient, outputOf } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";

Deno.test("a request has no effect when its client is killed in the middle of it", async () => {
  await using daemon = await startDaemon();
  const spawn = (id: string) =>
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "process.spawn",
      params: { id, command: "cat" },
      auth: daemon.token,
    });
  const script =
    `const peer = require("net").connect(process.argv[1], () => peer.write(process.argv[2], () => console.log()));`;
  const child = new Deno.Command("node", {
    args: ["-e", script, daemon.socket, `${spawn("whole")}\n${spawn("half").slice(0, -1)}`],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGKILL");
  await reader.cancel();
  await child.status;
  await waitFor("the connection to be closed", () => daemon.log().includes("Connection closed"));
  using client = await daemon.connect();
  const { result } = await client.call("process.list", {});
  assertEquals((result!["processes"] as { id: string }[]).map(({ id }) => id), ["whole"]);
});

Deno.test("no frame is lost when a client is killed in the middle of a frame", async () => {
  await using daemon = await startDaemon();
  const lines = 300_000;
  const spawn = { id: "p", command: "seq", args: [String(lines)] };
  const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "process.spawn", params: spawn, auth: daemon.token });
  // It reads some hundred bytes, which end within a frame, and then stops reading.
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      `(echo "$1"; sleep 1000) | socat - "UNIX-CONNECT:$2" | (head -c 500; kill -STOP 0)`,
      "sh",
      request,
      daemon.socket,
    ],
    stdin: "null",
    stdout: "null",
    detached: true,
  }).spawn();
  await waitFor("it to stop reading", () => /^State:\s+T/m.test(Deno.readTextFileSync(`/proc/${child.pid}/status`)));
  Deno.kill(-child.pid, "SIGKILL");
  await child.status;
  using client = await daemon.connect();
  await client.send("process.reattach", { id: "p" });
  const messages = await client.until(isExitOf("p"));
  const expected = Array.from({ length: lines }, (_, i) => `${i + 1}\n`).join("");
  assert(outputOf(messages) === expected, "every byte is there");
});

Deno.test("clients stay connected when the socket is removed, and claustrum serve --replace restores it", async () => {
  await using home = await testHome();
  assertEquals((await claustrum(home.path, ["serve", "--socket", home.socket])).code, 0);
  using client = await LineClient.connect(home.socket, await home.token());
  await Deno.remove(home.socket);
  await client.call("process.spawn", { id: "p", command: "echo", args: ["still here"] });
  assertEquals(outputOf(await client.until(isExitOf("p"))), "still here\n");
  assertEquals((await claustrum(home.path, ["serve", "--replace", "--socket", home.socket])).code, 0);
  using again = await LineClient.connect(home.socket, await home.token());
  assertEquals((await again.call("server.ping")).result, { pong: true });
});

Deno.test("a thousand connections are served when they are open at once", async () => {
  await using daemon = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "error" } });
  await using stack = new AsyncDisposableStack();
  const clients = await Promise.all(Array.from({ length: 1_000 }, () => daemon.connect()));
  for (const client of clients) stack.use(client);
  const replies = await Promise.all(clients.map((client) => client.call("server.ping")));
  assertEquals(replies.filter(({ result }) => result?.["pong"] === true).length, 1_000);
});

Deno.test("ten thousand requests are answered once each when they are in flight on one connection", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", "read x"] });
  const count = 10_000;
  const sending = (async () => {
    // Each request waits for the end of the process, which the last request causes.
    for (let i = 0; i < count; i++) {
      await client.send("process.killAndWait", { id: "p", signal: "HUP", timeoutMs: 100, escalate: false });
    }
  })();
  const answers = new Map<unknown, unknown>();
  while (answers.size < count) {
    const message = await client.message();
    if (message.id === undefined) continue;
    assertEquals(answers.has(message.id), false);
    answers.set(message.id, message.result?.["found"]);
  }
  await sending;
  assertEquals([...new Set(answers.values())], [true]);
  assertEquals((await client.call("server.ping")).result, { pong: true });
});
