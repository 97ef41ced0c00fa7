import { assert, assertEquals } from "@std/assert";
import { startDaemon } from "../helpers/daemon.ts";
import { isExitOf, type LineClient, type Message, outputOf } from "../helpers/line_client.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";
import { readIfThere } from "../helpers/read_if_there.ts";

/** Spawns a script and waits until it has printed something. */
async function spawnScript(client: LineClient, script: string): Promise<number> {
  const params = { id: "p", command: "sh", args: ["-c", script], wantPid: true, exitDetail: true };
  await client.send("process.spawn", params);
  const messages = await client.until((message) => message.stream === "stdout");
  return Number(messages.find(({ result }) => result !== undefined)!.result!["pid"]);
}

Deno.test("a process can be fed and ends as usual when it has closed its output", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await spawnScript(client, "echo; exec >&- 2>&-; read x; exit $x");
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["running"], true);
  await client.send("process.stdin", { id: "p", data: btoa("7\n") });
  assertEquals((await client.until(isExitOf("p"))).at(-1)!.exitCode, 7);
});

Deno.test("a process ends after five seconds, and its pipes close, when a child of it keeps the pipes", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const pidFile = `${daemon.directory}/pid`;
  const left = `(trap '' HUP PIPE; while echo still; do sleep 0.1; done; echo over > ${pidFile}) &`;
  const begun = performance.now();
  await spawnScript(client, `${left} echo; exit 4`);
  const messages = await client.until(isExitOf("p"));
  const took = performance.now() - begun;
  assertEquals(messages.at(-1)!.exitCode, 4);
  assert(took > 4_500 && took < 9_000, `ended after ${took} ms`);
  await waitFor("what it left to notice", async () => (await readIfThere(pidFile)) === "over\n");
});

Deno.test("process.killAndWait ends a process and its children when they ignore signals", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const family = "trap '' INT TERM HUP; (trap '' INT TERM HUP; while :; do sleep 0.05; done) & echo $!; wait; wait";
  await client.send("process.spawn", { id: "p", command: "sh", args: ["-c", family], wantPid: true });
  const grandchild = Number(outputOf(await client.until((message) => message.stream === "stdout")));
  for (const signal of ["INT", "HUP", "TERM"]) await client.call("process.kill", { id: "p", signal });
  const { result } = await client.call("process.killAndWait", { id: "p", timeoutMs: 100 });
  assertEquals(result, { found: true, died: true, escalated: true });
  await waitFor("its child to end", () => !isAlive(grandchild));
});

Deno.test("a process ends at once when it has started a daemon that closes all its streams, and that daemon lives on", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  // Forked twice and in a session of its own, like a daemon.
  const script = "(setsid sh -c 'echo $$; exec sleep 1000 <&- >&- 2>&-' &) ; read x; exit 5";
  await client.send("process.spawn", { id: "p", command: "sh", args: ["-c", script] });
  const left = Number(outputOf(await client.until((message) => message.stream === "stdout")));
  const begun = performance.now();
  await client.send("process.stdin", { id: "p", data: btoa("\n") });
  assertEquals((await client.until(isExitOf("p"))).at(-1)!.exitCode, 5);
  assert(performance.now() - begun < 4_000, "nobody holds its pipes");
  await client.call("process.kill", { id: "p", signal: "KILL" });
  assertEquals((await client.call("process.killAndWait", { id: "p" })).result!["alreadyExited"], true);
  assert(isAlive(left), "it is in no group of ours");
  Deno.kill(left, "SIGKILL");
});

Deno.test("a process in another session gets no signal and loses the pipes when the process that started it ends", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const pidFile = `${daemon.directory}/pid`;
  const left = `trap "" PIPE; while echo still; do sleep 0.1; done; echo over > ${pidFile}`;
  const pid = await spawnScript(client, `setsid sh -c '${left}' & echo; exec sleep 1000`);
  const { result } = await client.call("process.killAndWait", { id: "p", timeoutMs: 20_000 });
  assertEquals(result, { found: true, died: true });
  assert(!isAlive(pid));
  await waitFor("what it left to notice", async () => (await readIfThere(pidFile)) === "over\n");
});

Deno.test("process.kill reaches the whole group when the process itself has ended", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const heard = `${daemon.directory}/heard`;
  const grandchild = `trap 'echo x >> ${heard}; exit' TERM; echo ready; while :; do sleep 0.02; done`;
  await client.send("process.spawn", { id: "p", command: "sh", args: ["-c", `(${grandchild}) & read x; exit 3`] });
  await client.until((message) => message.stream === "stdout");
  await client.send("process.stdin", { id: "p", data: btoa("\n") });
  await client.call("process.kill", { id: "p", signal: "TERM" });
  assertEquals(await readIfThere(heard), undefined);
  await client.send("process.killAndWait", { id: "p", signal: "TERM", group: true, timeoutMs: 20_000 });
  const messages = await client.until(isExitOf("p"));
  assertEquals(await readIfThere(heard), "x\n");
  assert([3, -1].includes(messages.at(-1)!.exitCode!), "it had ended by itself, or by the first signal");
});

function isStopped(pid: number): boolean {
  return /^State:\s+T/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
}

Deno.test("the daemon sends SIGTERM, kills the rest after a second and reports each exit when it receives SIGTERM", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const families = {
    polite: "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.02; done",
    deaf: "trap '' TERM; (trap '' TERM; while :; do sleep 0.05; done) & echo ready $!; while :; do sleep 0.05; done",
    stopped: "echo ready; kill -STOP $$",
  };
  const pids: number[] = [];
  for (const [id, script] of Object.entries(families)) {
    const params = { id, command: "sh", args: ["-c", script], wantPid: true, exitDetail: true };
    await client.send("process.spawn", params);
    const messages = await client.until(({ stream, processId }) => stream === "stdout" && processId === id);
    pids.push(Number(messages.find(({ result }) => result !== undefined)!.result!["pid"]));
    const [, grandchild] = outputOf(messages).trim().split(" ");
    if (grandchild !== undefined) pids.push(Number(grandchild));
  }
  await waitFor("one of them to be stopped", () => isStopped(pids.at(-1)!));
  const stopped = daemon.stop("SIGTERM");
  const exits = new Map<string | undefined, Message>();
  while (exits.size < 3) {
    const message = await client.message();
    if (message.stream === "exit") exits.set(message.processId, message);
  }
  assertEquals(await stopped, 0);
  const ends = [...exits].map(([id, { exitCode, signal, killedBy }]) => [id, exitCode, signal, killedBy]);
  assertEquals(ends.sort(), [
    ["deaf", -1, "SIGKILL", "shutdown"],
    ["polite", 7, undefined, "shutdown"],
    ["stopped", -1, "SIGKILL", "shutdown"],
  ]);
  await waitFor("all of them to end", () => !pids.some(isAlive));
});

Deno.test("server.shutdown kills all processes at once when they run", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const heard = `${daemon.directory}/heard`;
  await spawnScript(client, `trap 'echo x > ${heard}; exit' TERM; echo ready; while :; do sleep 0.02; done`);
  await client.send("server.shutdown");
  const exit = (await client.until(isExitOf("p"))).at(-1)!;
  assertEquals([exit.signal, exit.killedBy], ["SIGKILL", "shutdown"]);
  await waitFor("the end of the daemon", () => !isAlive(daemon.pid));
  assertEquals(await daemon.stop(), 0);
  assertEquals(await readIfThere(heard), undefined);
});

Deno.test("process.killAndWait ends a process when it is stopped", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const pid = await spawnScript(client, "echo; kill -STOP $$; exit 1");
  await waitFor("it to stop", () => /^State:\s+T/m.test(Deno.readTextFileSync(`/proc/${pid}/status`)));
  const { result } = await client.call("process.killAndWait", { id: "p", timeoutMs: 100 });
  assertEquals(result, { found: true, died: true, escalated: true });
});

Deno.test("a thousand processes are fed, followed and ended when they run at once", async () => {
  await using daemon = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "error" } });
  using client = await daemon.connect();
  const ids = Array.from({ length: 1_000 }, (_, i) => `p${i}`);
  const sending = (async () => {
    for (const id of ids) await client.send("process.spawn", { id, command: "cat" });
    for (const id of ids) await client.send("process.stdin", { id, data: btoa(id) });
  })();
  const heard = new Map<string, string>();
  const replies = new Map<unknown, unknown>();
  while (heard.size < ids.length || replies.size < 2 * ids.length) {
    const message = await client.message();
    if (message.stream === "stdout") heard.set(message.processId!, atob(message.data!));
    if (message.id !== undefined) replies.set(message.id, message.result?.["success"]);
  }
  await sending;
  assertEquals([...new Set(replies.values())], [true]);
  for (const id of ids) assertEquals(heard.get(id), id);
  for (const id of ids) await client.send("process.kill", { id, signal: "KILL" });
  const ended = new Set<string>();
  while (ended.size < ids.length) {
    const message = await client.message();
    if (message.stream === "exit") ended.add(message.processId!);
  }
  assertEquals((await client.call("server.ping")).result, { pong: true });
});
