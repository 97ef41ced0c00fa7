import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import type { LineClient, Message } from "../helpers/line_client.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** Starts a daemon that serves `contract = next`. */
function startNext(env: Record<string, string> = {}): Promise<TestDaemon> {
  return startDaemon({ flags: ["--contract", "next"], env });
}

/** Runs a command to its end and returns what it has printed, and its exit frame. */
async function run(client: LineClient, params: Record<string, unknown>): Promise<{ text: string; exit: Message }> {
  await client.send("process.spawn", { id: crypto.randomUUID(), ...params });
  const messages = await client.until(({ stream, error }) => stream === "exit" || error !== undefined);
  const text = messages.filter(({ stream }) => stream === "stdout").map(({ data = "" }) => atob(data)).join("");
  return { text, exit: messages.at(-1)! };
}

function startTicks(pid: number): string {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
}

Deno.test("next: processes carry the marks of their daemon, whatever the client sends", async () => {
  await using daemon = await startNext({
    CLAUDE_SSH_MANAGED_LAUNCHER: "1",
    CLAUDE_SSH_E2E_MANAGED_SETTINGS_DIR: "/nonexistent",
    CLAUDE_SSH_PEER_CHECK: "1",
    CLAUDE_CODE_PROCESS_WRAPPER: "/w",
  });
  using client = await daemon.connect();
  const { text } = await run(client, {
    command: "env",
    env: {
      CLAUDE_SSH_CHILD: "1:1",
      "CLAUDE_SSH_RUN_DIR=/x": "y",
      CLAUDE_SSH_MANAGED_LAUNCHER: "1",
      CLAUDE_SSH_E2E_MANAGED_SETTINGS_DIR: "/x",
      A: "b",
    },
  });
  const own = text.split("\n").filter((line) => /^(CLAUDE_SSH|CLAUDE_CODE|A=)/.test(line)).sort();
  assertEquals(own, [
    "A=b",
    "CLAUDE_CODE_PROCESS_WRAPPER=/w",
    `CLAUDE_SSH_CHILD=${daemon.pid}:${startTicks(daemon.pid)}`,
    "CLAUDE_SSH_DAEMON_CHILD=1",
    `CLAUDE_SSH_RUN_DIR=${daemon.directory}`,
  ]);
  const { text: sent } = await run(client, { command: "env", env: { CLAUDE_SSH_PEER_CHECK: "2" } });
  assertStringIncludes(sent, "CLAUDE_SSH_PEER_CHECK=2\n");
});

Deno.test("next: a process has a record for as long as it runs", async () => {
  await using daemon = await startNext();
  using client = await daemon.connect();
  const { result } = await client.call("process.spawn", { id: "p", command: "sleep", args: ["1000"], wantPid: true });
  const pid = Number(result?.["pid"]);
  const path = `${daemon.directory}/children/${pid}.json`;
  await waitFor("the record", () => isThere(path));
  const record = JSON.parse(await Deno.readTextFile(path));
  assertEquals(Object.keys(record), [
    "pid",
    "node",
    "host",
    "instance",
    "daemonPid",
    "daemonStart",
    "argv0",
    "start",
    "at",
  ]);
  assertEquals([record.pid, record.daemonPid], [pid, daemon.pid]);
  assertEquals([record.start, record.daemonStart], [startTicks(pid), startTicks(daemon.pid)]);
  assertEquals(record.argv0, await Deno.realPath("/usr/bin/sleep"));
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  await client.call("process.kill", { id: "p", signal: "KILL" });
  await waitFor("the end of the record", async () => !await isThere(path));
});

Deno.test("next: the exit frame and the log tell the signal and who asked for it", async () => {
  await using daemon = await startNext();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "sleep", args: ["1000"] });
  await client.send("process.kill", { id: "p" });
  const frame = (await client.until(({ stream }) => stream === "exit")).at(-1);
  assertEquals(frame, {
    ...{ type: "stream", processId: "p", stream: "exit", seq: 1, exitCode: -1 },
    ...{ signal: "SIGTERM", killedBy: "client" },
  });
  const { exit } = await run(client, { id: "q", command: "sh", args: ["-c", "kill -9 $$"] });
  assertEquals([exit.signal, exit.killedBy], ["SIGKILL", undefined]);
  assertStringIncludes(
    daemon.log(),
    "Process p exited with code -1, terminated by SIGTERM, signalled at client request\n",
  );
  assertStringIncludes(daemon.log(), "Process q exited with code -1, terminated by SIGKILL\n");
});

Deno.test("next: a process whose id is reused lives on, and its frames stay on its connection", async () => {
  await using daemon = await startNext();
  using first = await daemon.connect();
  using second = await daemon.connect();
  const echo = { id: "p", command: "sh", args: ["-c", "trap 'echo hup; exit 3' HUP; read x; echo $x; sleep 1000"] };
  const { result } = await first.call("process.spawn", { ...echo, wantPid: true });
  const pid = Number(result?.["pid"]);
  await second.call("process.spawn", { id: "p", command: "cat" });
  assert(isAlive(pid));
  await second.call("process.stdin", { id: "p", data: btoa("new\n") });
  const [frame] = await second.until(({ stream }) => stream === "stdout");
  assertEquals(atob(frame?.data ?? ""), "new\n");
  Deno.kill(-pid, "SIGKILL");
  const end = (await first.until(({ stream }) => stream === "exit")).at(-1);
  assertEquals([end?.seq, end?.signal, end?.killedBy], [1, "SIGKILL", undefined]);
  assertEquals((await second.call("process.reattach", { id: "p" })).result?.["running"], true);
});

Deno.test("next: a process ends the others that work on its session before it starts", async () => {
  await using daemon = await startNext();
  using first = await daemon.connect();
  using second = await daemon.connect();
  const agent = (id: string, ...session: string[]) => ({
    id,
    command: "sh",
    args: ["-c", "exec sleep 1000", "--output-format=stream-json", ...session],
  });
  await first.call("process.spawn", agent("a", "--resume", "x"));
  await first.call("process.spawn", agent("other", "--resume", "y"));
  await first.call("process.spawn", agent("copy", "--resume", "x", "--fork-session"));
  const missing = await second.call("process.spawn", { ...agent("b", "--session-id", "x"), command: "/nonexistent" });
  assertEquals(missing.error?.message, "fork/exec /nonexistent: no such file or directory");
  assertEquals((await first.call("process.reattach", { id: "a" })).result?.["running"], true);
  // On the same connection, the exit frame comes before the reply.
  const id = await first.send("process.spawn", agent("b", "--session-id", "x"));
  const messages = await first.until((message) => message.id === id);
  const ended = messages.filter(({ stream }) => stream === "exit");
  assertEquals(ended.map(({ processId, signal, killedBy }) => [processId, signal, killedBy]), [[
    "a",
    "SIGTERM",
    "client",
  ]]);
  const running = async (process: string) =>
    (await first.call("process.reattach", { id: process })).result?.["running"];
  assertEquals([await running("b"), await running("other"), await running("copy")], [true, true, true]);
  const starts = await Promise.all(
    [1, 2].map(() => second.send("process.spawn", agent(crypto.randomUUID(), "--resume", "x"))),
  );
  const done = new Set<unknown>();
  await second.until(({ id }) => starts.includes(Number(id)) && done.add(id).size === 2);
  const { result } = await second.call("process.list", {});
  const left = (result?.["processes"] as { running: boolean; args: string[] }[])
    .filter(({ running, args }) => running && args.includes("x") && !args.includes("--fork-session"));
  assertEquals(left.length, 1);
});

Deno.test("next: stdin is compared with what was accepted before the end of the process is told", async () => {
  await using daemon = await startNext();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", "read x; sleep 100 & exit 0"] });
  const write = async (params: Record<string, unknown>) => {
    const { result, error } = await client.call("process.stdin", { id: "p", ...params });
    return error?.message ?? result;
  };
  assertEquals(await write({ data: btoa("abc\n") }), { success: true, applied: 4 });
  // The process is reaped, while its child holds the pipes.
  await waitFor("the end", async () => !(await client.call("process.reattach", { id: "p" })).result?.["running"]);
  assertEquals(await write({ data: btoa("x"), offset: 9 }), "stdin offset gap: offset ahead of applied bytes");
  assertEquals(await write({ data: btoa("bc"), offset: 1 }), { success: true, applied: 4, duplicate: true });
  assertEquals(await write({ data: btoa("x"), offset: 4 }), "Process not running");
  assertEquals(await write({ data: "" }), "Process not running");
  assertEquals(await write({ data: "?" }), "Invalid base64 data");
  assertEquals((await client.call("process.stdin", { id: "q", data: "" })).error?.message, "Process not found");
  await client.call("process.killAndWait", { id: "p", signal: "KILL", timeoutMs: 1 });
});

Deno.test("next: a write that does not fit into the queue is refused at once", async () => {
  await using daemon = await startNext();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "sleep", args: ["1000"] });
  const data = "A".repeat(1_000_000);
  let applied = 0;
  let refused: Message | undefined;
  while (refused === undefined) {
    const { result, error } = await client.call("process.stdin", { id: "p", data });
    if (error !== undefined) refused = { error };
    else applied = Number(result?.["applied"]);
  }
  assertEquals(refused.error, { code: -32002, message: "stdin backpressure: queue full" });
  // What the pipe holds is not queued any more.
  assert(applied > (16 << 20) - 750_000 && applied < (16 << 20) + 750_000 + 2 * 65_536, `${applied} bytes`);
  const duplicate = await client.call("process.stdin", { id: "p", data, offset: 0 });
  assertEquals(duplicate.result, { success: true, applied, duplicate: true });
  await client.call("process.kill", { id: "p", signal: "KILL" });
});

Deno.test("next: reattaching closes the connection that had the stream", async () => {
  await using daemon = await startNext();
  using first = await daemon.connect();
  using second = await daemon.connect();
  using third = await daemon.connect();
  await first.call("process.spawn", { id: "p", command: "cat" });
  await third.call("process.reattach", { id: "p", observe: true });
  await first.call("process.reattach", { id: "p" });
  assertEquals((await second.call("process.reattach", { id: "p" })).result?.["found"], true);
  assertEquals(await first.line(), undefined);
  assertEquals((await third.call("server.ping")).result, { pong: true });
});

Deno.test("next: killAndWait spares what remains of a process that has obeyed", async () => {
  await using daemon = await startNext();
  using client = await daemon.connect();
  const script = "sleep 1000 >/dev/null 2>&1 & echo $!; trap 'exit 0' TERM; wait";
  await client.send("process.spawn", { id: "p", command: "sh", args: ["-c", script] });
  const output = (await client.until(({ stream }) => stream === "stdout")).at(-1);
  const child = Number(atob(output?.data ?? ""));
  try {
    assertEquals((await client.call("process.killAndWait", { id: "p", signal: "TERM" })).result, {
      ...{ found: true, died: true },
    });
    assert(isAlive(child));
  } finally {
    Deno.kill(child, "SIGKILL");
  }
});

Deno.test("next: a process runs through the launcher that the client names", async () => {
  await using daemon = await startNext({ CLAUDE_CODE_PROCESS_WRAPPER: "/w" });
  using client = await daemon.connect();
  const launcher = `${daemon.directory}/launch`;
  const script = '#!/bin/sh\necho "through $CLAUDE_CODE_PROCESS_WRAPPER" "$@"\nshift\nexec "$@"\n';
  await Deno.writeTextFile(launcher, script, { mode: 0o755 });
  const through = (params: Record<string, unknown>) => run(client, { command: "/bin/echo", args: ["hi"], ...params });
  const { text, exit } = await through({ launcher: [launcher, "-a"], env: { CLAUDE_CODE_PROCESS_WRAPPER: "/x" } });
  assertEquals([text, exit.exitCode], ["through  -a /bin/echo hi\nhi\n", 0]);
  assertEquals((await through({ launcher: null })).text, "hi\n");

  const errorOf = async (params: Record<string, unknown>) => (await through(params)).exit.error;
  assertEquals(await errorOf({ launcher: [launcher], command: "echo" }), {
    code: -32602,
    message: "command must be an absolute path when a launcher is given",
  });
  assertEquals(await errorOf({ launcher: ["sh"], command: "/nonexistent" }), {
    code: -32004,
    message: "the managed launcher cannot be used: " +
      "the launcher must be an absolute path, not a bare name resolved via PATH",
  });
  assertEquals(await errorOf({ launcher: [launcher], command: "/nonexistent" }), {
    code: -32603,
    message: "fork/exec /nonexistent: no such file or directory",
  });
  await Deno.writeTextFile(`${launcher}2`, "#!/bin/sh\r\nexit 0\r\n", { mode: 0o755 });
  const broken = await errorOf({ launcher: [`${launcher}2`] });
  assertEquals(broken?.code, -32005);
  assertMatch(broken?.message ?? "", /^the managed launcher \S+ could not be started: its interpreter was not found/);
  await Deno.writeTextFile(`${launcher}3`, "exit 0\n", { mode: 0o755 });
  assertEquals(await errorOf({ launcher: [`${launcher}3`] }), {
    code: -32005,
    message: `the managed launcher ${launcher}3 could not be started: exec format error`,
  });
  assertEquals((await errorOf({ launcher: "x" }))?.message, "Invalid params");
  assertEquals((await errorOf({ disableShellAgentSocket: 1 }))?.message, "Invalid params");
});

Deno.test("next: a process has a high limit on its descriptors, and the log says so", async () => {
  await using daemon = await startNext();
  using client = await daemon.connect();
  const { text } = await run(client, { command: "sh", args: ["-c", "ulimit -Sn; ulimit -Hn"] });
  const [soft = "", hard = ""] = text.trim().split("\n");
  const limit = hard === "unlimited" ? 65_536 : Math.min(Number(hard), 65_536);
  assertEquals(Number(soft), limit);
  assertStringIncludes(daemon.log(), `[daemon] child processes will start with an open-files limit of ${limit}\n`);
});
