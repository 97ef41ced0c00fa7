import { assert, assertEquals, assertMatch } from "@std/assert";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { retiredDaemons, retiredFiles } from "../../lib/handover/retired_files.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { claustrum } from "../helpers/command.ts";
import { connect, homeOfMany, recordedPid, serveAt, spawnCat, upgrade } from "../helpers/handover.ts";
import { isExitOf, LineClient, outputOf } from "../helpers/line_client.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";
import { readIfThere } from "../helpers/read_if_there.ts";

Deno.test("a client gets the same replies and frames when a process is in a retired daemon", async () => {
  await using home = await homeOfMany();
  const first = await serveAt(home);
  const lines: string[] = [];
  {
    using client = await connect(home);
    await client.call("process.spawn", { id: "<p>\u2028é", command: "cat", exitDetail: true });
    await client.send("process.stdin", { id: "<p>\u2028é", data: btoa("one\n") });
    while (lines.length < 2) lines.push((await client.line())!);
  }
  const frame = lines.find((line) => line.startsWith('{"type"'))!;
  const second = await upgrade(home);
  assert(first !== second && isAlive(first));
  using client = await connect(home);
  using other = await connect(home);
  const id = "<p>\u2028é";
  await client.send("process.reattach", { id, fromSeq: 0 });
  assertEquals(await client.line(), frame, "replayed to the byte");
  const { result } = await client.message();
  assertEquals(result, { found: true, running: true, firstSeq: 1, lastSeq: 1, stdinApplied: 4 });
  const stdin = async (data: string, offset?: number) => {
    const reply = await other.call("process.stdin", {
      id,
      data: btoa(data),
      ...(offset === undefined ? {} : { offset }),
    });
    return reply.result ?? reply.error;
  };
  assertEquals(await stdin("one\n", 0), { success: true, applied: 4, duplicate: true });
  assertEquals(await stdin("x", 9), { code: -32003, message: "stdin offset gap: offset ahead of applied bytes" });
  assertEquals(await stdin("x", 2 ** 60), { code: -32003, message: "stdin offset gap: offset ahead of applied bytes" });
  assertEquals(await stdin("two\n", 4), { success: true, applied: 8 });
  assertEquals(outputOf(await client.until(({ stream }) => stream === "stdout")), "two\n");

  await other.send("process.reattach", { id, fromSeq: 1, observe: true });
  assertEquals(outputOf(await other.until(({ id }) => id !== undefined)), "two\n");
  await client.send("process.stdin", { id, data: btoa("three\n") });
  assertEquals(outputOf(await client.until(({ stream }) => stream === "stdout")), "three\n");
  assertEquals(outputOf(await other.until(({ stream }) => stream === "stdout")), "three\n", "an observer gets it, too");

  using thief = await connect(home);
  await thief.call("process.reattach", { id, fromSeq: 3 });
  await thief.send("process.stdin", { id, data: btoa("four\n") });
  assertEquals(outputOf(await thief.until(({ stream }) => stream === "stdout")), "four\n");
  assertEquals((await client.call("server.ping")).result, { pong: true }, "whoever had the stream has it no more");

  await thief.call("process.spawn", { id: "here", command: "cat" });
  const { result: listed } = await thief.call("process.list", {});
  const processes = listed!["processes"] as Record<string, unknown>[];
  assertEquals(processes.map(({ id, daemon }) => [id, daemon]), [[id, first], ["here", undefined]]);
  assertEquals((await thief.call("process.killAndWait", { id: "none" })).result, { found: false, died: false });
  await thief.send("process.killAndWait", { id, signal: "TERM" });
  const exit = (await thief.until(isExitOf(id))).at(-1) as Record<string, unknown>;
  assertEquals([exit["seq"], exit["exitCode"], exit["signal"], exit["killedBy"]], [5, -1, "SIGTERM", "client"]);
});

Deno.test("process.spawn ends the old process and its frames when the id is in use in a retired daemon", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  let old: number;
  {
    using client = await connect(home);
    const { result } = await client.call("process.spawn", {
      id: "p",
      command: "sh",
      args: ["-c", "while echo old; do :; done"],
      wantPid: true,
    });
    old = Number(result!["pid"]);
  }
  await upgrade(home);
  using client = await connect(home);
  await client.send("process.reattach", { id: "p", fromSeq: 0 });
  await client.until(({ stream }) => stream === "stdout");
  assertEquals((await failedSpawn(client)).error?.code, -32603);
  assert(isAlive(old), "a spawn that fails leaves it alone");
  const spawned = await client.send("process.spawn", { id: "p", command: "echo", args: ["new"] });
  await client.until(({ id }) => id === spawned);
  const messages = await client.until(isExitOf("p"));
  assertEquals([outputOf(messages), messages.at(-1)!.seq], ["new\n", 2]);
  await waitFor("the old one to end", () => !isAlive(old));
  const { result } = await client.call("process.list", {});
  assertEquals((result!["processes"] as unknown[]).length, 1);
});

async function failedSpawn(client: LineClient) {
  const id = await client.send("process.spawn", { id: "p", command: "no-such-command" });
  return (await client.until((message) => message.id === id)).at(-1)!;
}

Deno.test("process.stdin, process.closeStdin and process.reattach work when the process is in a retired daemon", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  {
    using client = await connect(home);
    await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", "cat; exit 3"] });
    await client.call("process.stdin", { id: "p", data: btoa("before ") });
  }
  await upgrade(home);
  using client = await connect(home);
  await client.call("process.stdin", { id: "p", data: btoa("after"), offset: 7 });
  await client.call("process.closeStdin", { id: "p" });
  await client.send("process.reattach", { id: "p" });
  const messages = await client.until(isExitOf("p"));
  assertEquals([outputOf(messages), messages.at(-1)!.exitCode], ["before after", 3]);
  assertEquals((await client.call("process.closeStdin", { id: "p" })).error?.message, "Process not running");
});

Deno.test("the processes of a retired daemon are reported as lost when it dies", async () => {
  await using home = await homeOfMany();
  const first = await serveAt(home);
  {
    using client = await connect(home);
    await client.call("process.spawn", { id: "ended", command: "true" });
    await client.until(isExitOf("ended"));
    for (const [id, exitDetail] of [["detailed", true], ["plain", false], ["nobody's", false]] as const) {
      await client.call("process.spawn", { id, command: "sh", args: ["-c", "trap '' HUP TERM; cat"], exitDetail });
      await client.send("process.stdin", { id, data: btoa("x") });
      await client.until(({ stream, processId }) => stream === "stdout" && processId === id);
    }
  }
  await upgrade(home);
  using client = await connect(home);
  for (const id of ["detailed", "plain"]) await client.call("process.reattach", { id, fromSeq: 1 });
  const waiting = await client.send("process.killAndWait", { id: "plain", signal: "HUP", timeoutMs: 60_000 });
  Deno.kill(first, "SIGSTOP");
  const stuck = await client.send("process.killAndWait", { id: "detailed", timeoutMs: 60_000 });
  Deno.kill(first, "SIGKILL");
  const messages = [];
  const isEnd = (stream: string | undefined) => stream === "exit";
  while (messages.filter(({ stream, id }) => isEnd(stream) || id === waiting || id === stuck).length < 4) {
    messages.push(await client.message());
  }
  const exits = new Map(messages.filter(({ stream }) => isEnd(stream)).map((frame) => [frame.processId, frame]));
  const lost = { type: "stream", stream: "exit", seq: 2, exitCode: -1 };
  assertEquals(exits.get("detailed"), { ...lost, processId: "detailed", killedBy: "daemon" } as typeof lost);
  assertMatch(JSON.stringify(exits.get("plain")), /"exitCode":-1/);
  const { result } = await client.call("process.reattach", { id: "nobody's" });
  assertEquals(result, { found: true, running: false, firstSeq: 2, lastSeq: 2, stdinApplied: 1 });
  assertEquals((await client.call("process.reattach", { id: "ended" })).result!["found"], false, "it ended only once");
  const { result: listed } = await client.call("process.list", {});
  const processes = listed!["processes"] as Record<string, unknown>[];
  assertEquals(processes.map(({ exitCode, daemon }) => [exitCode, daemon]), Array(3).fill([-1, undefined]));
  assertEquals((await client.call("process.stdin", { id: "plain", data: "" })).error?.message, "Process not running");
});
Deno.test("claustrum -serve hands over when the configuration contains handover = true, and status, ps and doctor report it", async () => {
  await using home = await homeOfMany();
  await Deno.mkdir(`${home.path}/.config/claustrum`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.config/claustrum/claustrum.conf`, "handover = true\n");
  const pids: number[] = [];
  for (const token of ["first", "second"]) {
    await Deno.writeTextFile(`${home.path}/token`, token);
    const args = ["-serve", "-socket", home.socket, "-token-file", `${home.path}/token`];
    const env = { XDG_CONFIG_HOME: `${home.path}/.config` };
    assertEquals((await claustrum(home.path, args, { env })).code, 0);
    pids.push(home.pid());
    if (pids.length > 1) continue;
    using client = await connect(home);
    await client.call("process.spawn", { id: "p", command: "cat" });
  }
  using client = await LineClient.connect(home.socket, "second");
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["running"], true);
  const run = async (...args: string[]) => (await claustrum(home.path, [...args, "--socket", home.socket])).stdout;
  assertMatch(await run("status"), new RegExp(`retired +pid ${pids[0]}, \\d s ago: 1 running, 0 ended, 0 B buffered`));
  const status = JSON.parse(await run("status", "--json"));
  assertEquals([status.retired.length, status.retired[0].pid, status.retired[0].running], [1, pids[0], 1]);
  assertMatch(await run("ps"), new RegExp(`DAEMON +COMMAND\\n.*${pids[0]}, retired \\ds ago +cat`));
  assertMatch(
    await run("doctor"),
    new RegExp(`ok +retired +pid ${pids[0]}, retired \\ds ago, keeps its processes running`),
  );
  await claustrum(home.path, ["stop", "--socket", home.socket]);
  assertMatch(await run("status"), new RegExp(`no daemon is listening .*\n +retired +pid ${pids[0]}`));
  assertMatch(await run("doctor"), /warn +retired .*not reachable/);
  await claustrum(home.path, ["stop", "--all", "--socket", home.socket]);
  await waitFor("the retired daemon to end", () => !isAlive(pids[0]!));
  assertEquals([...Deno.readDirSync(`${home.run}/retired`)], []);
});

Deno.test("serve() finds the retired daemons again when the daemon that relayed to them crashes", async () => {
  await using home = await homeOfMany();
  const first = await serveAt(home);
  await spawnCat(home);
  for (let crash = 0; crash < 2; crash++) {
    const second = crash === 0 ? await upgrade(home) : await serveAt(home);
    using client = await connect(home);
    await client.call("process.reattach", { id: "p" });
    await client.send("process.stdin", { id: "p", data: btoa("x") });
    assertEquals(outputOf(await client.until(({ stream }) => stream === "stdout")), "x");
    Deno.kill(second, "SIGKILL");
    await waitFor("its end", () => !isAlive(second));
  }
  await serveAt(home);
  using client = await connect(home);
  const { result } = await client.call("process.list", {});
  assertEquals((result!["processes"] as { daemon: number }[]).map(({ daemon }) => daemon), [first]);
});

Deno.test("serve() removes the files of a retired daemon and does not wait for it when it was killed", async () => {
  await using home = await homeOfMany();
  const first = await serveAt(home);
  await spawnCat(home);
  await upgrade(home);
  await claustrum(home.path, ["stop", "--socket", home.socket]);
  Deno.kill(first, "SIGKILL");
  await waitFor("its end", () => !isAlive(first));
  const [retired] = await retiredDaemons(`${home.run}/retired`);
  await Deno.writeTextFile(`${retired!.files.token}.${crypto.randomUUID()}`, "half");
  const begun = performance.now();
  await serveAt(home);
  assert(performance.now() - begun < 2_000, "nothing was waited for");
  assertEquals([...Deno.readDirSync(`${home.run}/retired`)], []);
});

Deno.test("process.list and serve() do not wait when a retired daemon does not answer", async () => {
  await using home = await homeOfMany();
  const first = await serveAt(home);
  await spawnCat(home);
  await upgrade(home);
  Deno.kill(first, "SIGSTOP");
  {
    using client = await connect(home);
    const { result } = await client.call("process.list", {});
    assertEquals((result!["processes"] as { id: string }[]).map(({ id }) => id), ["p"]);
  }
  await upgrade(home);
  Deno.kill(first, "SIGCONT");
  await upgrade(home);
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["running"], true, "it is found again");
});

Deno.test("serve() reaches a retired daemon when a daemon took its token and died", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  await spawnCat(home);
  await upgrade(home);
  await claustrum(home.path, ["stop", "--socket", home.socket]);
  const [retired] = await retiredDaemons(`${home.run}/retired`);
  await waitFor("its token", () => isThere(retired!.files.token));
  await Deno.remove(retired!.files.token);
  await serveAt(home);
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result?.["running"], true);
});

Deno.test("the next daemon starts a process once when the start was pending as its daemon retired", async () => {
  await using home = await homeOfMany();
  // The first process waits for the login shell, which waits until it is allowed to print its PATH.
  const shell = `${home.path}/shell`;
  await Deno.writeTextFile(shell, `#!/bin/sh\nuntil [ -e ${home.path}/go ]; do sleep 0.02; done\n`, { mode: 0o755 });
  const { code } = await claustrum(home.path, ["serve", "--socket", home.socket], { env: { SHELL: shell } });
  assertEquals(code, 0);
  using early = await connect(home);
  const started = `${home.path}/started`;
  const spawn = { id: "p", command: "sh", args: ["-c", `echo x >> ${started}; exec cat`] };
  await early.send("process.spawn", spawn);
  await upgrade(home);
  await Deno.writeTextFile(`${home.path}/go`, "");
  assertEquals(await early.line(), undefined, "it is hung up on without an answer");
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result?.["found"], false);
  await client.call("process.spawn", spawn);
  await waitFor("its start", async () => await readIfThere(started) !== undefined);
  assertEquals(await readIfThere(started), "x\n");
});

Deno.test("a daemon that relays cannot connect to TCP addresses when it has started", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  await spawnCat(home);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const env = { PROBE_DIRECTORY: home.run, PROBE_PORT: String(listener.addr.port) };
  const main = new URL("../programs/dialing_daemon.ts", import.meta.url).pathname;
  const args = ["serve", "--replace", "--handover", "--socket", home.socket];
  assertEquals((await claustrum(home.path, args, { env, main })).code, 0);
  await waitFor("the answer", async () => await readIfThere(`${home.run}/answer`) === "NotCapable");
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["running"], true);
});

Deno.test("serve() takes over and hands over when the program may listen on its public path only", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  await spawnCat(home);
  const { instanceId } = readLockRecord(`${home.run}/daemon.lock`)!;
  const { socket: retired } = retiredFiles(`${home.run}/retired`, instanceId);
  const permissions = ["read", "write", "run", "env", "sys", `net=unix:${home.socket},unix:${retired}`];
  const first = home.pid();
  const args = ["serve", "--foreground", "--replace", "--handover", "--socket", home.socket];
  const options = { permissions: permissions.map((name) => `--allow-${name}`) };
  const second = claustrum(home.path, args, options);
  await waitFor("the program to serve", () => ![undefined, first].includes(recordedPid(home)));
  const pid = home.pid();
  await upgrade(home);
  await waitFor("the program's daemon to end", () => !isAlive(pid));
  assertEquals((await second).code, 0);
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result?.["running"], true);
});

Deno.test("claustrum serve --handover fails and the daemon serves on when the retired daemon's socket path is too long", async () => {
  await using home = await homeOfMany();
  const run = `${home.path}/${"r".repeat(98 - home.path.length)}`;
  const at = ["--socket", `${run}/s`];
  assertEquals((await claustrum(home.path, ["serve", ...at])).code, 0);
  const { code, stderr } = await claustrum(home.path, ["serve", "--replace", "--handover", ...at]);
  assertEquals(code, 1);
  assertMatch(stderr, /^claustrum: cannot hand over: the socket path of the retired daemon is too long: .*\n$/);
  assertEquals((await claustrum(home.path, ["status", ...at])).code, 0);
  await claustrum(home.path, ["stop", ...at]);
});
