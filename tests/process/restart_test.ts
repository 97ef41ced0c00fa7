import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Frame } from "../../lib/process/frame_codec.ts";
import type { ManagedProcess } from "../../lib/process/managed_process.ts";
import { formatRestartPolicy, parseRestartPolicy, RestartCounter } from "../../lib/process/restart_policy.ts";
import { ProcessEndedError } from "../../lib/process/restarter.ts";
import { SpawnError } from "../../lib/process/spawn_error.ts";
import { ReplaySupervisor } from "../../lib/process/supervisor.ts";
import { type FakeClock, fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

const ALWAYS = { kind: "always" } as const;

function shell(script: string, id = "p") {
  return { id, command: "sh", args: ["-c", script] };
}

/** Collects what a process prints, until it has ended. */
async function outputOf(supervisor: ReplaySupervisor, id = "p"): Promise<[text: string, exit: Frame | undefined]> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const frame of supervisor.frames(id, { observe: true })) {
    if (frame.stream === "exit") return [text, frame];
    text += decoder.decode(frame.data);
  }
  return [text, undefined];
}

/** Waits for a process to wait for its restart. */
async function isWaiting(process: ManagedProcess): Promise<void> {
  await waitFor("the pause before the restart", () => process.restartAt);
}

/** Lets a process that waits for its restart be started. */
async function letStart(process: ManagedProcess, clock: FakeClock, ms: number): Promise<void> {
  await isWaiting(process);
  const { restarts } = process;
  clock.advance(ms);
  await waitFor("the restart", () => process.restarts > restarts);
}

Deno.test("parseRestartPolicy() reads what formatRestartPolicy() writes, and refuses anything else", () => {
  for (const text of ["always", "on-failure", "on-failure:3"]) {
    assertEquals(formatRestartPolicy(parseRestartPolicy(text)!), text);
  }
  assertEquals([parseRestartPolicy(""), parseRestartPolicy("no")], [undefined, undefined]);
  for (const text of ["yes", "on-failure:", "on-failure:0", "on-failure:x", "always:2", " always"]) {
    assertThrows(() => parseRestartPolicy(text), SyntaxError, text);
  }
});

Deno.test("RestartCounter.pauseAfter() doubles the pause up to 30 s, and begins anew after a run of 10 s", () => {
  const counter = new RestartCounter(ALWAYS);
  const pauses = Array.from({ length: 10 }, () => counter.pauseAfter(true, 9_999));
  assertEquals(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assertEquals(counter.pauseAfter(false, 10_000), 250);
});

Deno.test("RestartCounter.pauseAfter() gives up after N failures in a row when the policy is on-failure:N", () => {
  const counter = new RestartCounter({ kind: "on-failure", most: 2 });
  assertEquals(counter.pauseAfter(false, 0), undefined);
  assertEquals([1, 2, 3].map(() => counter.pauseAfter(true, 0)), [250, 500, undefined]);
  assertEquals(counter.pauseAfter(true, 10_000), 250);
});

Deno.test("ReplaySupervisor starts a process again when it fails, and goes on with the same frames", async () => {
  const clock = fakeClock();
  await using directory = await tempDir();
  await using supervisor = new ReplaySupervisor({ clock });
  const script = `echo run >> ${directory.path}/runs; wc -l < ${directory.path}/runs; exit 3`;
  const process = supervisor.spawn({ ...shell(script), restart: { kind: "on-failure", most: 2 } });
  const output = outputOf(supervisor);
  const first = process.pid;
  await isWaiting(process);
  assertEquals([process.isRunning, process.restartAt! - clock.now()], [true, 250]);
  await letStart(process, clock, 250);
  await letStart(process, clock, 500);
  const [text, exit] = await soon("the output", output);
  assertEquals(text.split(/\s+/), ["1", "2", "3", ""]);
  assertEquals([exit?.seq, await process.exit], [4, { code: 3 }]);
  assertEquals([process.restarts, process.hasHadPid(first), process.pid === first], [2, true, false]);
});

Deno.test("ReplaySupervisor does not start a process again when it succeeds and the policy is on-failure", async () => {
  await using supervisor = new ReplaySupervisor({ clock: fakeClock() });
  const process = supervisor.spawn({ ...shell("exit 0"), restart: { kind: "on-failure", most: Infinity } });
  assertEquals([await soon("the exit", process.exit), process.restarts], [{ code: 0 }, 0]);
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const) {
  Deno.test(`ReplaySupervisor does not start a process again when a client ends it with ${signal}`, async () => {
    await using supervisor = new ReplaySupervisor({ clock: fakeClock() });
    const process = supervisor.spawn({ ...shell("exec sleep 1000"), restart: ALWAYS });
    process.signal(signal);
    assertEquals(await soon("the exit", process.exit), { code: -1, signal, killedBy: "client" });
  });
}

Deno.test("ReplaySupervisor starts a process again when it fails long after it survived a SIGHUP", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock });
  const process = supervisor.spawn({ ...shell("trap 'echo reloaded' HUP; echo up; read x; read x"), restart: ALWAYS });
  const lines: string[] = [];
  const follow = async () => {
    for await (const frame of supervisor.frames("p", { observe: true })) {
      if ("data" in frame) lines.push(new TextDecoder().decode(frame.data));
    }
  };
  const following = follow();
  await waitFor("it to be up", () => lines.length === 1);
  process.signal("SIGHUP");
  await waitFor("the reload", () => lines.length === 2);
  clock.advance(10_001);
  process.stdin.write(new TextEncoder().encode("\n\n"));
  await letStart(process, clock, 250);
  await waitFor("it to be up again", () => lines.length === 3);
  process.signal("SIGTERM");
  await following;
});

Deno.test("ReplaySupervisor gives up a restart that a process waits for when a client kills it", async () => {
  await using supervisor = new ReplaySupervisor({ clock: fakeClock() });
  const process = supervisor.spawn({ ...shell("exit 4"), restart: ALWAYS });
  await isWaiting(process);
  assertEquals(await process.killAndWait("SIGTERM", 1_000, true), { died: true, escalated: false });
  assertEquals([process.outcome, process.restartAt], [{ code: 4 }, undefined]);
});

Deno.test("ReplaySupervisor ends a process that is started again and again when it is disposed", async () => {
  const supervisor = new ReplaySupervisor();
  const waiting = supervisor.spawn({ ...shell("exit 1", "waiting"), restart: ALWAYS });
  const running = supervisor.spawn({ ...shell("exec sleep 1000", "running"), restart: ALWAYS });
  await isWaiting(waiting);
  await soon("the end", supervisor[Symbol.asyncDispose]());
  assertEquals([waiting.isRunning, running.isRunning, supervisor.running], [false, false, 0]);
});

Deno.test("ReplaySupervisor.restart() ends the group and starts the process again with the same frames", async () => {
  await using supervisor = new ReplaySupervisor();
  const process = supervisor.spawn(shell("trap 'exit 0' TERM; sleep 1000 & echo $!; wait"));
  let children: number[] = [];
  const follow = async () => {
    let text = "";
    for await (const frame of supervisor.frames("p")) {
      if ("data" in frame) text += new TextDecoder().decode(frame.data);
      children = text.trim().split("\n").map(Number);
    }
  };
  const following = follow();
  await waitFor("the first child", () => children.length === 1);
  const before = process.pid;
  assertEquals(await supervisor.restart("p", 60_000), process);
  assertEquals([process.pid === before, process.restarts, process.isRunning], [false, 1, true]);
  await waitFor("the second child", () => children.length === 2);
  assertEquals(children.map(isAlive), [false, true]);
  process.endGroup();
  await following;
  assertEquals(process.outcome, { code: -1, signal: "SIGKILL", killedBy: "client" });
});

Deno.test("ReplaySupervisor.restart() kills a process that ignores SIGTERM after the grace", async () => {
  await using supervisor = new ReplaySupervisor();
  const process = supervisor.spawn(shell("trap '' TERM; echo deaf; while :; do sleep 1000; done"));
  for await (const _ of supervisor.frames("p", { observe: true })) break;
  const before = process.pid;
  await supervisor.restart("p", 10);
  assertEquals([isAlive(before), process.restarts], [false, 1]);
});

Deno.test("ReplaySupervisor.restart() starts a process at once when it waits for its restart", async () => {
  await using supervisor = new ReplaySupervisor({ clock: fakeClock() });
  await using directory = await tempDir();
  const gate = `${directory.path}/go`;
  const process = supervisor.spawn({ ...shell(`[ -e '${gate}' ] || exit 1; exec sleep 1000`), restart: ALWAYS });
  await isWaiting(process);
  await Deno.writeTextFile(gate, "");
  await supervisor.restart("p", 1_000);
  assertEquals([process.isRunning, process.restartAt], [true, undefined]);
});

Deno.test("ReplaySupervisor.restart() fails when a client kills the process before it is started", async () => {
  await using supervisor = new ReplaySupervisor();
  const process = supervisor.spawn(shell("trap '' TERM; echo deaf; while :; do sleep 1000; done"));
  for await (const _ of supervisor.frames("p", { observe: true })) break;
  const restarted = assertRejects(() => supervisor.restart("p", 60_000), ProcessEndedError, '"p": it has ended');
  process.endGroup();
  await soon("the refusal", restarted);
  assertEquals((await soon("the exit", process.exit)).signal, "SIGKILL");
});

Deno.test("ManagedProcess.stdin stays closed over a restart", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock });
  const process = supervisor.spawn({ ...shell("cat; echo end; exit 1"), restart: { kind: "on-failure", most: 1 } });
  process.stdin.closeWhenWritten();
  await letStart(process, clock, 250);
  await soon("the exit", process.exit);
  assertEquals((await outputOf(supervisor))[0], "end\nend\n");
});

Deno.test("ReplaySupervisor.restart() starts a process that has ended anew", async () => {
  await using supervisor = new ReplaySupervisor();
  const old = supervisor.spawn(shell("echo hi"));
  await old.exit;
  const fresh = await supervisor.restart("p", 1_000);
  assert(fresh !== old);
  assertEquals((await outputOf(supervisor))[0], "hi\n");
});

Deno.test("ReplaySupervisor.restart() fails when the program is gone, and the process has ended then", async () => {
  await using directory = await tempDir();
  const program = `${directory.path}/program`;
  await Deno.writeTextFile(program, "#!/bin/sh\nexec sleep 1000\n", { mode: 0o700 });
  await using supervisor = new ReplaySupervisor();
  const process = supervisor.spawn({ id: "p", command: program });
  await Deno.remove(program);
  await assertRejects(() => supervisor.restart("p", 60_000), SpawnError, "no such file or directory");
  assertEquals((await process.exit).killedBy, "client");
});

Deno.test("ReplaySupervisor starts a process again when its program is missing only for a while", async () => {
  const clock = fakeClock();
  await using directory = await tempDir();
  const program = `${directory.path}/program`;
  const write = (text: string) => Deno.writeTextFile(program, `#!/bin/sh\n${text}\n`, { mode: 0o700 });
  await write(`rm ${program}`);
  await using supervisor = new ReplaySupervisor({ clock });
  const process = supervisor.spawn({ id: "p", command: program, restart: ALWAYS });
  await isWaiting(process);
  const missed = process.restartAt;
  clock.advance(250);
  await waitFor("the failed start", () => process.restartAt !== undefined && process.restartAt !== missed);
  assertEquals(process.restarts, 0);
  await write("exec sleep 1000");
  await letStart(process, clock, 500);
});

Deno.test("ManagedProcess.stdin counts on over a restart, and what is written in between is dropped", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock });
  const process = supervisor.spawn({ ...shell("read x; echo $x; exit 1"), restart: ALWAYS });
  const write = (text: string) => process.stdin.write(new TextEncoder().encode(text));
  write("one\n");
  await isWaiting(process);
  assertEquals(await write("lost\n"), { kind: "accepted", applied: 9, fresh: 5, isDuplicate: false });
  await letStart(process, clock, 250);
  write("two\n");
  await isWaiting(process);
  assertEquals(process.stdin.applied, 13);
  process.signal("SIGTERM");
  assertEquals((await outputOf(supervisor))[0], "one\ntwo\n");
});

Deno.test("ReplaySupervisor.rename() keeps the order, and the former id until another process takes it", async () => {
  await using supervisor = new ReplaySupervisor();
  const first = supervisor.spawn(shell("cat", "a"));
  supervisor.spawn(shell("cat", "b"));
  supervisor.rename("a", "c");
  assertEquals(supervisor.list().map(({ id }) => id), ["c", "b"]);
  assertEquals([supervisor.get("a"), supervisor.get("c"), supervisor.has("a")], [first, first, false]);
  assertThrows(() => supervisor.rename("c", "b"), RangeError, '"b"');
  const reasons: string[] = [];
  const follow = (as: string) =>
    first.follow({ as, observe: true, onReadable: () => {}, onDetached: (reason) => reasons.push(`${as} ${reason}`) });
  follow("a");
  follow("c");
  const other = supervisor.spawn(shell("cat", "a"));
  assertEquals([supervisor.get("a"), first.isRunning, reasons], [other, true, ["a gone"]]);
});
