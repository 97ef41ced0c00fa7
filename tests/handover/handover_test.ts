import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../lib/daemon/serve.ts";
import { askToRetire } from "../../lib/handover/ask.ts";
import { retiredDaemons } from "../../lib/handover/retired_files.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { claustrum } from "../helpers/command.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { type TestHome, testHome } from "../helpers/home.ts";
import { isExitOf, LineClient, outputOf } from "../helpers/line_client.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";
import { readIfThere } from "../helpers/read_if_there.ts";

const MINUTE = 60_000;

/** Starts a daemon, or lets another one take the place of the one that runs. */
async function serveAt(home: TestHome, ...flags: string[]): Promise<number> {
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket, ...flags]);
  assertEquals([code, stderr], [0, ""]);
  return home.pid();
}

const upgrade = (home: TestHome) => serveAt(home, "--replace", "--handover");

/** A home whose daemons, retired ones too, end with it. */
async function homeOfMany(): Promise<TestHome> {
  const home = await testHome();
  return {
    ...home,
    async [Symbol.asyncDispose]() {
      await claustrum(home.path, ["stop", "--all", "--socket", home.socket]);
      await home[Symbol.asyncDispose]();
    },
  };
}

const connect = async (home: TestHome) => await LineClient.connect(home.socket, await home.token());

/** Starts a process `p` that repeats what it is fed, and leaves it alone. */
async function spawnCat(home: TestHome): Promise<void> {
  using client = await connect(home);
  await client.call("process.spawn", { id: "p", command: "cat" });
}

Deno.test("a client cannot tell that a process lives elsewhere", async () => {
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

Deno.test("a spawn that reuses an id ends the old process elsewhere, and none of its frames comes any more", async () => {
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

Deno.test("a process is fed and its stdin closed after the upgrade, and what waits for its end is told", async () => {
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

Deno.test("a daemon whose successor never comes serves again, with the same token", async () => {
  await using home = await homeOfMany();
  const pid = await serveAt(home);
  const token = await home.token();
  await spawnCat(home);
  await askToRetire(home.socket);
  assertEquals(await isThere(home.socket), false, "nobody is at the public place");
  await waitFor("it to come back", async () => await isThere(home.socket) && await isThere(`${home.run}/daemon.token`));
  await waitFor("its record", () => recordedPid(home) === pid);
  assertEquals(await home.token(), token);
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["running"], true);
  assertEquals([...Deno.readDirSync(`${home.run}/retired`)], []);
  await upgrade(home);
  using again = await connect(home);
  assertEquals((await again.call("process.reattach", { id: "p" })).result!["running"], true);
});

function recordedPid(home: TestHome): number | undefined {
  try {
    return home.pid();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // nobody has the lock just now
    throw error;
  }
}

Deno.test("a successor that dies while it takes over leaves the daemon serving", async () => {
  await using home = await homeOfMany();
  const pid = await serveAt(home);
  // It has the lock for a while, and is killed before it has said that it serves.
  const thief = new Deno.Command("flock", { args: [`${home.run}/daemon.lock`, "sleep", "1000"], detached: true })
    .spawn();
  await askToRetire(home.socket);
  await waitFor("the lock to be taken", async () => {
    const free = await new Deno.Command("flock", { args: ["-n", `${home.run}/daemon.lock`, "true"] }).output();
    return !free.success;
  });
  Deno.kill(-thief.pid, "SIGKILL");
  await thief.status;
  await waitFor("the daemon to serve again", () => recordedPid(home) === pid);
  using client = await connect(home);
  assertEquals((await client.call("server.ping")).result, { pong: true });
});

Deno.test("when a retired daemon dies, its processes are told as lost, and nothing hangs", async () => {
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

Deno.test("a retired daemon ends by itself once its last process is forgotten, and leaves nothing", async () => {
  await using home = await homeOfMany();
  await Deno.mkdir(home.run, { mode: 0o700 });
  const clock = fakeClock();
  const first = await serve({ socket: home.socket, token: "t", useLoginPath: false, clock });
  const step = async () => {
    clock.advance(50);
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  {
    using client = await LineClient.connect(home.socket, "t");
    await client.call("process.spawn", { id: "p", command: "true" });
    await client.until(isExitOf("p"));
  }
  await upgradeWhile(home, step);
  const [retired] = await retiredDaemons(`${home.run}/retired`);
  assertEquals(retired?.pid, Deno.pid);
  let isFinished = false;
  void first.finished.then(() => isFinished = true);
  for (let minute = 0; minute < 14; minute++) clock.advance(MINUTE);
  await step();
  assertEquals(isFinished, false, "what has ended is kept for a quarter of an hour");
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["found"], true);
  for (let minute = 0; minute < 3; minute++) clock.advance(MINUTE);
  await soon("its end", first.finished);
  assertEquals([...Deno.readDirSync(`${home.run}/retired`)], []);
  assertEquals((await client.call("server.ping")).result, { pong: true });
  using again = await connect(home);
  assertEquals((await again.call("server.ping")).result, { pong: true }, "the public socket is as it was");
});

/** Upgrades while the first daemon's clock is moved on. */
async function upgradeWhile(home: TestHome, step: () => Promise<void>): Promise<void> {
  let isDone = false;
  const upgraded = upgrade(home).finally(() => isDone = true);
  while (!isDone) await step();
  await upgraded;
}

Deno.test("handover = true makes a classic takeover hand over, and status, ps and doctor tell of it", async () => {
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
  assertMatch(await run("status"), new RegExp(`retired +pid ${pids[0]} \\d s ago, has 1 running, 0 ended, 0 B`));
  const status = JSON.parse(await run("status", "--json"));
  assertEquals([status.retired.length, status.retired[0].pid, status.retired[0].running], [1, pids[0], 1]);
  assertMatch(await run("ps"), new RegExp(`DAEMON +COMMAND\\n.*${pids[0]}, retired \\ds ago +cat`));
  assertMatch(await run("doctor"), new RegExp(`ok +retired +pid ${pids[0]}, retired \\ds ago, keeps its processes`));
  await claustrum(home.path, ["stop", "--socket", home.socket]);
  assertMatch(await run("status"), new RegExp(`no daemon is listening .*\n +retired +pid ${pids[0]}`));
  assertMatch(await run("doctor"), /warn +retired .*nobody reaches/);
  await claustrum(home.path, ["stop", "--all", "--socket", home.socket]);
  await waitFor("the retired daemon to end", () => !isAlive(pids[0]!));
  assertEquals([...Deno.readDirSync(`${home.run}/retired`)], []);
});

Deno.test("after a crash of the daemon that relays, the next one finds the retired ones again", async () => {
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

Deno.test("a retired daemon that was killed is not waited for, and its files are removed", async () => {
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

Deno.test("a retired daemon that does not answer holds up neither the list, nor the next daemon", async () => {
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

Deno.test("a daemon that relays can dial no host either", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  await spawnCat(home);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const env = { PROBE_DIRECTORY: home.run, PROBE_PORT: String(listener.addr.port) };
  const main = new URL("../helpers/dialing_daemon.ts", import.meta.url).pathname;
  const args = ["serve", "--replace", "--handover", "--socket", home.socket];
  assertEquals((await claustrum(home.path, args, { env, main })).code, 0);
  await waitFor("the answer", async () => await readIfThere(`${home.run}/answer`) === "NotCapable");
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["running"], true);
});

Deno.test("where the path leaves no room for a retired daemon's socket, serve says so and the daemon serves on", async () => {
  await using home = await homeOfMany();
  const run = `${home.path}/${"r".repeat(98 - home.path.length)}`;
  const at = ["--socket", `${run}/s`];
  assertEquals((await claustrum(home.path, ["serve", ...at])).code, 0);
  const { code, stderr } = await claustrum(home.path, ["serve", "--replace", "--handover", ...at]);
  assertEquals(code, 1);
  assertMatch(stderr, /^claustrum: no room for a daemon that retires: .* is too long\n$/);
  assertEquals((await claustrum(home.path, ["status", ...at])).code, 0);
  await claustrum(home.path, ["stop", ...at]);
});
