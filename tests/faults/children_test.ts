import { assert, assertEquals } from "@std/assert";
import { startDaemon } from "../helpers/daemon.ts";
import { isExitOf, type LineClient, outputOf } from "../helpers/line_client.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";
import { readIfThere } from "../helpers/read_if_there.ts";

/** Spawns a script and waits until it has printed something. */
async function spawnScript(client: LineClient, script: string): Promise<number> {
  const params = { id: "p", command: "sh", args: ["-c", script], wantPid: true, exitDetail: true };
  await client.send("process.spawn", params);
  const messages = await client.until((message) => message.stream === "stdout");
  return Number(messages.find(({ result }) => result !== undefined)!.result!["pid"]);
}

Deno.test("a child that closes its output and lives can be fed and ends as it likes", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await spawnScript(client, "echo; exec >&- 2>&-; read x; exit $x");
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["running"], true);
  await client.send("process.stdin", { id: "p", data: btoa("7\n") });
  assertEquals((await client.until(isExitOf("p"))).at(-1)!.exitCode, 7);
});

Deno.test("a child that leaves one behind with its pipes ends five seconds later, the pipes with it", async () => {
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

Deno.test("a child that heeds no signal and a family that heeds none end all the same", async () => {
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

Deno.test("a stopped child is ended, too", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const pid = await spawnScript(client, "echo; kill -STOP $$; exit 1");
  await waitFor("it to stop", () => /^State:\s+T/m.test(Deno.readTextFileSync(`/proc/${pid}/status`)));
  const { result } = await client.call("process.killAndWait", { id: "p", timeoutMs: 100 });
  assertEquals(result, { found: true, died: true, escalated: true });
});

Deno.test("a thousand children at once are all fed, all heard and all ended", async () => {
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
