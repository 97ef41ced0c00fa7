import { assert, assertEquals, assertMatch } from "@std/assert";
import { startDaemon } from "../helpers/daemon.ts";
import { isExitOf, type LineClient, outputOf } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";

interface Listed {
  readonly id: string;
  readonly pid: number;
  readonly running: boolean;
  readonly restart?: string;
  readonly restarts?: number;
  readonly restartAt?: number;
}

async function list(client: LineClient): Promise<Listed[]> {
  return (await client.call("process.list", {})).result!.processes as Listed[];
}

async function refusal(client: LineClient, method: string, params: unknown): Promise<string | undefined> {
  const { error } = await client.call(method, params);
  return error === undefined ? undefined : `${error.code} ${error.message}`;
}

const FAILING = { command: "sh", args: ["-c", "echo run; exit 3"] };

Deno.test("process.spawn starts a process again by its policy, whose frames are numbered through", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.send("process.spawn", { id: "p", ...FAILING, restart: "on-failure:1", exitDetail: true });
  const messages = await client.until(isExitOf("p"));
  const frames = messages.filter(({ stream }) => stream !== undefined);
  assertEquals(frames.map(({ stream, seq }) => [stream, seq]), [["stdout", 1], ["stdout", 2], ["exit", 3]]);
  assertEquals(frames.at(-1)?.exitCode, 3);
  const [{ restart, restarts, restartAt } = { restart: "none" }] = await list(client);
  assertEquals([restart, restarts, restartAt], ["on-failure:1", 1, undefined]);
  assertEquals(daemon.log().match(/Process p (started|exited)/g)?.length, 4);
});

Deno.test("process.list has no trace of restarts when nobody asked for any", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "cat", restart: "no" });
  assertEquals(Object.keys((await list(client))[0]!).filter((key) => key.startsWith("restart")), []);
});

Deno.test("process.kill ends a process that waits for its restart, which nobody follows", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", ...FAILING, restart: "always" });
  await waitFor("the pause", async () => (await list(client))[0]?.restartAt !== undefined);
  await client.send("process.kill", { id: "p", signal: "TERM" });
  await client.until(isExitOf("p"));
  assertEquals((await list(client)).map(({ running, restartAt }) => [running, restartAt]), [[false, undefined]]);
});

Deno.test("process.restart starts a process again, which a client that knows its former pid still finds", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const { result } = await client.call("process.spawn", { id: "p", command: "cat", wantPid: true });
  const restarted = (await client.call("process.restart", { id: "p" })).result!;
  assertEquals([restarted.success, restarted.pid === result!.pid], [true, false]);
  assertEquals((await list(client)).map(({ pid, restarts }) => [pid, restarts]), [[restarted.pid, 1]]);
  const found = (await client.call("process.reattach", { id: "p", pid: result!.pid, wantPid: true })).result!;
  assertEquals([found.found, found.pid], [true, result!.pid]);
  assertEquals((await client.call("process.reattach", { id: "p", pid: 1 })).result!.found, false);
});

Deno.test("process.restart and a restart policy are refused when they make no sense", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  assertEquals(await refusal(client, "process.restart", { id: "p" }), "-32602 Process not found");
  const spawn = { id: "p", command: "cat", restart: "sometimes" };
  assertEquals(await refusal(client, "process.spawn", spawn), "-32602 Invalid restart policy");
});

Deno.test("process.spawn with fresh refuses the id of a running process, and takes that of an ended one", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const spawn = { id: "p", command: "cat", fresh: true };
  assertEquals(await refusal(client, "process.spawn", spawn), undefined);
  assertEquals(await refusal(client, "process.spawn", spawn), "-32602 Process ID is in use");
  await client.call("process.killAndWait", { id: "p" });
  assertEquals(await refusal(client, "process.spawn", spawn), undefined);
});

Deno.test("process.rename gives each receiver the id by which it attached, in replayed frames too", async () => {
  await using daemon = await startDaemon();
  using first = await daemon.connect();
  using second = await daemon.connect();
  await first.send("process.spawn", { id: "a", command: "sh", args: ["-c", "echo one; read x; echo $x"] });
  await first.until(({ stream }) => stream === "stdout");
  assertEquals((await second.call("process.rename", { id: "a", to: "ü<b>" })).result, { success: true });
  await second.send("process.reattach", { id: "ü<b>", observe: true });
  await second.until(({ stream }) => stream === "stdout");
  await first.send("process.stdin", { id: "a", data: btoa("two\n") });
  const seen = await first.until(isExitOf("a"));
  assertEquals(outputOf(seen), "two\n");
  const others = await second.until(isExitOf("ü<b>"));
  assertEquals(outputOf(others), "two\n");
  assert(others.every(({ stream, processId }) => stream === undefined || processId === "ü<b>"));
});

Deno.test("process.rename refuses an id that is taken, an empty one and an unknown process", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  for (const id of ["a", "b"]) await client.call("process.spawn", { id, command: "cat" });
  const rename = (id: string, to: string) => refusal(client, "process.rename", { id, to });
  assertEquals(await rename("a", "b"), "-32602 Process ID is in use");
  assertEquals(await rename("a", ""), "-32602 Process ID is required");
  assertEquals(await rename("c", "d"), "-32602 Process not found");
  assertEquals(await rename("a", "a"), undefined);
});

Deno.test("process.inspect returns the entry of the list, with the environment only when asked", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "cat", env: { A: "b" }, cwd: "/", restart: "always" });
  const [listed] = await list(client);
  const { file, ...entry } = (await client.call("process.inspect", { id: "p" })).result as Record<string, unknown>;
  assertEquals(entry, { ...listed });
  assertMatch(String(file), /^\/.*\/cat$/);
  const { env } = (await client.call("process.inspect", { id: "p", env: true })).result as {
    env: Record<string, string>;
  };
  assertEquals([env.A, env.CLAUDE_SSH_DAEMON_CHILD], ["b", "1"]);
  assertEquals(await refusal(client, "process.inspect", { id: "q" }), "-32602 Process not found");
});
