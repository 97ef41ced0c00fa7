import { assert, assertEquals } from "@std/assert";
import { stop } from "../../lib/client/stop.ts";
import { serve } from "../../lib/daemon/serve.ts";
import { askToRetire } from "../../lib/handover/ask_to_retire.ts";
import { admitByToken } from "../../lib/handover/former_token.ts";
import { retiredDaemons, waitForToken } from "../../lib/handover/retired_files.ts";
import { ReplaySupervisor } from "../../lib/process/supervisor.ts";
import { acquireLock } from "../../lib/daemon/ownership/lock.ts";
import { daemonPaths } from "../../lib/system/paths.ts";
import { type FakeClock, fakeClock } from "../helpers/fake_clock.ts";
import { LineClient } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A clock whose time of day jumps by days, forward or back, whenever it advances. */
function jumpyClock(): FakeClock {
  const clock = fakeClock();
  let direction = 1;
  return {
    ...clock,
    advance(ms) {
      clock.jump(direction * DAY);
      direction = direction > 0 ? -2 : 1;
      clock.advance(ms);
    },
  };
}

/** Lets pending work finish. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Advances a clock in small steps, so that repeated checks run. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10) {
    clock.advance(Math.min(left, 10));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await settle();
}

/** Whether a promise has settled. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let hasSettled = false;
  const note = () => hasSettled = true;
  promise.then(note, note);
  await settle();
  return hasSettled;
}

/** Advances a clock until a promise settles: a check that reads files may take longer than the clock's steps. */
async function passUntil<T>(what: string, clock: FakeClock, promise: Promise<T>): Promise<T> {
  const result = soon(what, promise);
  while (!await isSettled(result)) clock.advance(10);
  return await result;
}

/** Starts a daemon in this program with a clock that jumps. */
async function jumpyDaemon() {
  const directory = await tempDir();
  const socket = `${directory.path}/rpc.sock`;
  const clock = jumpyClock();
  const daemon = await serve({ socket, token: "t", useLoginPath: false, clock });
  return {
    directory: directory.path,
    socket,
    clock,
    daemon,
    async [Symbol.asyncDispose]() {
      const stopped = daemon.shutdown();
      while (!await isSettled(stopped)) clock.advance(100);
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("exited processes are kept for the same time when the clock is set forward or back", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock });
  await supervisor.spawn({ id: "p", command: "true" }).exit;
  for (const jump of [24 * HOUR, -48 * HOUR]) {
    clock.jump(jump);
    supervisor.sweep();
    assertEquals(supervisor.get("p")?.isRunning, false, `after ${jump / HOUR} hours`);
  }
  clock.advance(HOUR / 4 + 60_000);
  assertEquals(supervisor.get("p"), undefined);
});

Deno.test("acquireLock() does not kill a daemon early when the clock is set forward", async () => {
  await using directory = await tempDir();
  const paths = daemonPaths(`${directory.path}/rpc.sock`);
  const clock = fakeClock();
  const kill = (_pid: number, signal: string) => void signals.push(signal);
  const signals: string[] = [];
  // Another process holds the lock until the test ends it.
  const holder = new Deno.Command("flock", { args: [paths.lock, "cat"], stdin: "piped", stdout: "piped" }).spawn();
  const writer = holder.stdin.getWriter();
  await writer.write(new TextEncoder().encode("x"));
  const reader = holder.stdout.getReader();
  await reader.read();
  const record = { pid: holder.pid, role: "serve", instanceId: "i", startedAt: "", socket: paths.socket };
  await Deno.writeTextFile(paths.lock, JSON.stringify(record));
  const acquired = acquireLock(paths, { takesOver: true, clock, kill });
  const tick = async (count: number) => {
    for (let i = 0; i < count; i++) {
      clock.advance(5);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  while (signals.length === 0) await tick(1);
  assertEquals(signals, ["SIGTERM"]);
  clock.jump(HOUR);
  await tick(20);
  assertEquals(signals, ["SIGTERM"], "it still has its ten seconds");
  await writer.close();
  await reader.read();
  reader.releaseLock();
  await holder.stdout.cancel();
  await holder.status;
  let isTaken = false;
  const lock = acquired.then((lock) => {
    isTaken = true;
    return lock;
  });
  while (!isTaken) await tick(1);
  (await lock)[Symbol.dispose]();
});

Deno.test("killAndWait() and the wait for pipes take the same time when the clock is set", async () => {
  const clock = jumpyClock();
  await using supervisor = new ReplaySupervisor({ clock });
  const deaf = supervisor.spawn({ id: "deaf", command: "sh", args: ["-c", "trap '' TERM; echo; exec sleep 1000"] });
  for await (const { stream } of supervisor.frames("deaf", { observe: true })) if (stream === "stdout") break;
  const killed = deaf.killAndWait("SIGTERM", 3_000, true);
  clock.advance(2_999);
  assertEquals(await isSettled(killed), false);
  clock.advance(1);
  assertEquals(await soon("the escalation", killed), { died: true, escalated: true });

  const left = supervisor.spawn({ id: "left", command: "sh", args: ["-c", "sleep 1000 & echo $!; read x"] });
  let holder = 0;
  for await (const frame of supervisor.frames("left", { observe: true })) {
    if (frame.stream === "stdout") holder = Number(new TextDecoder().decode(frame.data));
    if (holder > 0) break;
  }
  left.stdin.write(new TextEncoder().encode("\n"));
  let isDone = false;
  void left.exit.then(() => isDone = true);
  // The drain begins once the child is reaped, and no event reports that.
  let waited = 0;
  for (; !isDone && waited < 20_000; waited += 500) {
    clock.advance(500);
    await settle();
  }
  assert(waited >= 5_000, `it waited for ${waited} ms`);
  assertEquals(left.outcome, { code: 0 });
  Deno.kill(holder, "SIGKILL");
});

Deno.test("a retired daemon without a successor serves again after three seconds when the clock is set", async () => {
  await using at = await jumpyDaemon();
  await askToRetire(at.socket);
  using client = await LineClient.connect(at.socket, "t");
  await client.send("server.ping");
  const answer = client.line();
  await pass(at.clock, 2_900);
  assertEquals(await isSettled(answer), false);
  assertEquals(await passUntil("the hang-up", at.clock, answer), undefined);
  using again = await LineClient.connect(at.socket, "t");
  assertEquals((await again.call("server.ping")).result, { pong: true });
});

Deno.test("a retired daemon waits two seconds for a token when the clock is set", async () => {
  await using at = await jumpyDaemon();
  {
    using client = await LineClient.connect(at.socket, "t");
    await client.call("process.spawn", { id: "p", command: "cat" });
  }
  await askToRetire(at.socket);
  await using successor = await serve({ socket: at.socket, token: "t2", useLoginPath: false });
  await pass(at.clock, 100);
  const [retired] = await retiredDaemons(`${at.directory}/retired`);
  using idle = await LineClient.connect(retired!.files.socket, "");
  const end = idle.line();
  await pass(at.clock, 1_900);
  assertEquals(await isSettled(end), false);
  assertEquals(await passUntil("the hang-up", at.clock, end), undefined);
  assertEquals(successor.relaysTo, [retired!.files.socket]);
});

Deno.test("waitForToken() waits three seconds when the clock is set", async () => {
  await using directory = await tempDir();
  const clock = jumpyClock();
  const stem = `${directory.path}/x`;
  const files = { directory: directory.path, socket: stem, token: `${stem}.token`, record: `${stem}.json` };
  const waiting = waitForToken(files, clock);
  await pass(clock, 2_900);
  assertEquals(await isSettled(waiting), false);
  assertEquals(await passUntil("its end", clock, waiting), false);
});

Deno.test("admitByToken() disconnects a client for three seconds, and then refuses it, when it has the former token", () => {
  const clock = jumpyClock();
  const admit = admitByToken({ token: "new", formerToken: "old", clock });
  let hangUps = 0;
  const client = { hangUp: () => void hangUps++ };
  const admitted = () => ["new", "old", "wrong", ""].map((token) => admit(token, client));
  assertEquals([admitted(), hangUps], [[true, undefined, false, false], 1]);
  clock.advance(2_999);
  assertEquals([admitted(), hangUps], [[true, undefined, false, false], 2]);
  clock.advance(1);
  assertEquals([admitted(), hangUps], [[true, false, false, false], 2]);
});

Deno.test("a daemon without a socket stops after ten minutes when the clock is set", async () => {
  await using at = await jumpyDaemon();
  await Deno.remove(at.socket);
  for (let minute = 0; minute < 10; minute++) at.clock.advance(60_000);
  assertEquals(await isSettled(at.daemon.finished), false);
  at.clock.advance(60_000);
  await soon("its end", at.daemon.finished);
});

Deno.test("stop() waits two seconds for a daemon when the clock is set", async () => {
  await using directory = await tempDir();
  const socket = `${directory.path}/rpc.sock`;
  const clock = jumpyClock();
  using listener = Deno.listen({ transport: "unix", path: socket });
  const stopped = stop({ socket, token: "t", clock });
  using _conn = await listener.accept();
  await settle();
  clock.advance(1_999);
  assertEquals(await isSettled(stopped), false);
  clock.advance(1);
  assertEquals(await soon("its end", stopped), "stopping");
});
