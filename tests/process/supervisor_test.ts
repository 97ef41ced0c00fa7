import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SpawnError } from "../../lib/process/spawn_error.ts";
import type { Frame } from "../../lib/process/frame_codec.ts";
import type { ManagedProcess } from "../../lib/process/managed_process.ts";
import { RETENTION_MS } from "../../lib/process/exited_processes.ts";
import { ReplaySupervisor } from "../../lib/process/supervisor.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

async function collect(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

function textOf(frames: readonly Frame[], stream = "stdout"): string {
  return frames.map((frame) => frame.stream === stream && "data" in frame ? new TextDecoder().decode(frame.data) : "")
    .join("");
}

function shell(script: string, id = "p"): { id: string; command: string; args: string[] } {
  return { id, command: "sh", args: ["-c", script] };
}

/** Waits for the first line of a process and returns it, such as the pid of a child. */
async function firstLine(supervisor: ReplaySupervisor, id = "p"): Promise<string> {
  let text = "";
  for await (const frame of supervisor.frames(id, { observe: true })) {
    if ("data" in frame) text += new TextDecoder().decode(frame.data);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0]!;
}

Deno.test("ReplaySupervisor.frames() yields numbered output in order, then the exit frame", async () => {
  await using supervisor = new ReplaySupervisor();
  supervisor.spawn(shell("printf a; read x; printf $x >&2; read x; printf c; exit 4"));
  const process = supervisor.get("p")!;
  const seen: Frame[] = [];
  for await (const frame of supervisor.frames("p")) {
    seen.push(frame);
    if (frame.stream !== "exit") process.stdin.write(new TextEncoder().encode("b\n"));
  }
  assertEquals(seen.map((frame) => [frame.seq, frame.stream]), [[1, "stdout"], [2, "stderr"], [3, "stdout"], [
    4,
    "exit",
  ]]);
  assertEquals([textOf(seen), textOf(seen, "stderr")], ["ac", "b"]);
  assertEquals(process.outcome, { code: 4 });
});

Deno.test("ReplaySupervisor.frames() replays from any sequence number, any number of times", async () => {
  await using supervisor = new ReplaySupervisor();
  const process = supervisor.spawn(shell("for i in 1 2 3; do echo $i; done"));
  await process.exit;
  const all = await collect(supervisor.frames("p"));
  assertEquals(textOf(all), "1\n2\n3\n");
  for (let from = 0; from <= all.length; from++) {
    assertEquals(await collect(supervisor.frames("p", { fromSeq: from })), all.slice(from));
  }
});

Deno.test("ReplaySupervisor.frames() ends and unsubscribes when its signal is aborted", async () => {
  await using supervisor = new ReplaySupervisor();
  supervisor.spawn(shell("echo ready; exec sleep 100"));
  const controller = new AbortController();
  await assertRejects(
    async () => {
      for await (const _ of supervisor.frames("p", { signal: controller.signal })) {
        controller.abort(new Error("enough"));
      }
    },
    Error,
    "enough",
  );
  assertEquals(supervisor.get("p")!.isAttached, false);
});

Deno.test("ReplaySupervisor.frames() refuses an unknown id", async () => {
  await using supervisor = new ReplaySupervisor();
  await assertRejects(() => collect(supervisor.frames("nobody")), RangeError, "nobody");
});

Deno.test("ReplaySupervisor.spawn() keeps the old process when the new one cannot start", async () => {
  await using supervisor = new ReplaySupervisor();
  const old = supervisor.spawn({ id: "p", command: "sleep", args: ["100"] });
  assertThrows(() => supervisor.spawn({ id: "p", command: "/nope" }), SpawnError, "fork/exec /nope");
  assertEquals([supervisor.get("p"), old.isRunning], [old, true]);
});

Deno.test("ReplaySupervisor.spawn() kills the group of the old process with the id and fails its receivers", async () => {
  await using supervisor = new ReplaySupervisor();
  const old = supervisor.spawn(shell("sleep 100 & echo $!; wait"));
  const grandchild = Number(await firstLine(supervisor));
  const following = collect(supervisor.frames("p"));
  following.catch(() => {}); // it fails while this test waits for something else
  const fresh = supervisor.spawn({ id: "p", command: "printf", args: ["new"] });
  await assertRejects(() => following, RangeError, '"p" was replaced');
  await old.exit;
  await waitFor("the grandchild's end", () => !isAlive(grandchild));
  assertEquals(supervisor.list(), [fresh]);
  assertEquals(textOf(await collect(supervisor.frames("p"))), "new");
});

Deno.test("ReplaySupervisor pauses a process when its receiver does not read, until the receiver leaves", async () => {
  await using supervisor = new ReplaySupervisor({ replayBytes: 256 << 10 });
  const process = supervisor.spawn(shell("head -c 3000000 /dev/zero; echo >&2 done"));
  const slow = process.follow({ onReadable: () => {} });
  const stalledAt = await stableLag(process);
  assert(process.isRunning);
  assert(stalledAt <= 256 << 10, `lag of ${stalledAt}`);
  assertEquals(process.replay.firstSeq, 1);
  slow.close();
  await soon("the process to end", process.exit);
});

/** Returns the number of buffered bytes once it stops growing. */
async function stableLag(process: ManagedProcess): Promise<number> {
  let before = -1;
  return await waitFor("the lag to settle", async () => {
    const now = process.replay.bytes;
    await new Promise((resolve) => setTimeout(resolve, 30));
    const isStable = now > 0 && now === before && now === process.replay.bytes;
    before = now;
    return isStable ? now : 0;
  });
}

Deno.test("ReplaySupervisor does not pause a process when an observer does not read", async () => {
  await using supervisor = new ReplaySupervisor({ replayBytes: 100_000 });
  const process = supervisor.spawn(shell("head -c 3000000 /dev/zero"));
  const observer = process.follow({ observe: true, onReadable: () => {} });
  await soon("the process to end", process.exit);
  assert(process.replay.firstSeq > 1);
  const rest = await collect(supervisor.frames("p", { observe: true }));
  assertEquals(rest[0]!.seq, process.replay.firstSeq);
  assertEquals(rest.at(-1)!.stream, "exit");
  observer.close();
});

Deno.test("ReplaySupervisor.frames() goes on as an observer when another receiver takes the stream", async () => {
  await using supervisor = new ReplaySupervisor();
  supervisor.spawn(shell("echo a; read x; echo b"));
  const first = collect(supervisor.frames("p"));
  const observed = collect(supervisor.frames("p", { observe: true }));
  await firstLine(supervisor);
  const second = collect(supervisor.frames("p"));
  supervisor.get("p")!.stdin.write(new TextEncoder().encode("\n"));
  for (const frames of [first, second, observed]) assertEquals(textOf(await frames), "a\nb\n");
});

Deno.test("ReplaySupervisor.frames() skips frames up to fromSeq when that is not reached yet", async () => {
  await using supervisor = new ReplaySupervisor();
  supervisor.spawn(shell("cat"));
  const frames = collect(supervisor.frames("p", { fromSeq: 1 }));
  const { stdin } = supervisor.get("p")!;
  const observer = supervisor.frames("p", { observe: true });
  for (const [i, word] of ["one", "two"].entries()) {
    stdin.write(new TextEncoder().encode(word));
    assertEquals((await observer.next()).value?.seq, i + 1);
  }
  stdin.closeWhenWritten();
  assertEquals((await frames).map(({ seq }) => seq), [2, 3]);
});

Deno.test("ReplaySupervisor.frames() yields the exit frame when the supervisor is disposed", async () => {
  const supervisor = new ReplaySupervisor();
  supervisor.spawn(shell("echo a; exec sleep 1000"));
  await firstLine(supervisor);
  const frames = collect(supervisor.frames("p"));
  await supervisor[Symbol.asyncDispose]();
  assertEquals((await frames).at(-1)?.stream, "exit");
});

Deno.test("ManagedProcess delays its exit by five seconds when a grandchild holds its pipes, and keeps their content", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock });
  const process = supervisor.spawn(
    shell("(trap '' PIPE; while printf x; do sleep 0.01; done; echo >&3 epipe) 3>&2 2>/dev/null & echo $!"),
  );
  const grandchild = Number(await firstLine(supervisor));
  await waitFor("the child's end", () => !isAlive(process.pid));
  await waitFor("the drain to begin", () => clock.pending > 0);
  clock.advance(4_999);
  assert(process.isRunning);
  process.stdin.write(new TextEncoder().encode("accepted while draining"));
  clock.advance(1);
  await soon("the exit frame", process.exit);
  assertEquals(process.outcome, { code: 0 });
  await waitFor("the grandchild to find its pipe closed", () => !isAlive(grandchild));
});

Deno.test("ManagedProcess reads the rest of the pipe at the end when the receiver does not read", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock, replayBytes: 1 << 20 });
  const process = supervisor.spawn(shell("head -c 900000 /dev/zero; sleep 100 & exit"));
  const slow = process.follow({ onReadable: () => {} });
  await stableLag(process);
  const seen = collect(supervisor.frames("p", { observe: true }));
  // The receiver reads some bytes: the child writes the rest, and its pipe stays full.
  while (isAlive(process.pid)) {
    if (slow.take() !== undefined) slow.release();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await waitFor("the drain to begin", () => clock.pending > 0);
  clock.advance(5_000);
  await soon("the exit frame", process.exit);
  const bytes = (await seen).reduce((sum, frame) => sum + ("data" in frame ? frame.data.length : 0), 0);
  assertEquals(bytes, 900_000);
  Deno.kill(-process.pid, "SIGKILL");
});

Deno.test("ManagedProcess.signal() signals the whole group when the signal is SIGKILL, otherwise the child alone", async () => {
  await using supervisor = new ReplaySupervisor();
  const script = "trap 'exit 3' INT; sleep 100 >/dev/null 2>&1 & echo $!; wait";
  const gentle = supervisor.spawn(shell(script, "gentle"));
  const spared = Number(await firstLine(supervisor, "gentle"));
  gentle.signal("SIGINT");
  await gentle.exit;
  assertEquals([gentle.outcome?.code, isAlive(spared)], [3, true]);
  Deno.kill(spared, "SIGKILL");

  const hard = supervisor.spawn(shell(script, "hard"));
  const doomed = Number(await firstLine(supervisor, "hard"));
  hard.signal("SIGKILL");
  await hard.exit;
  assertEquals(hard.outcome, { code: -1, signal: "SIGKILL", killedBy: "client" });
  await waitFor("the grandchild's end", () => !isAlive(doomed));
});

Deno.test("ReplaySupervisor.spawn() starts scripts and programs in their own process groups", async () => {
  await using supervisor = new ReplaySupervisor();
  const script = await Deno.makeTempFile();
  await Deno.writeTextFile(script, "#!/bin/sh\nread stat < /proc/$$/stat; echo $stat\n");
  await Deno.chmod(script, 0o755);
  for (const spec of [shell("read stat < /proc/$$/stat; echo $stat", "program"), { id: "script", command: script }]) {
    const process = supervisor.spawn(spec);
    const [pid, , , , group, session] = textOf(await collect(supervisor.frames(spec.id))).split(" ").map(Number);
    assertEquals([pid, group, session], [process.pid, process.pid, process.pid], spec.id);
  }
  await Deno.remove(script);
});

Deno.test("ManagedProcess.killAndWait() kills the group after the grace period, and descendants that remain", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock });
  const stubborn = supervisor.spawn(shell("trap '' TERM; echo; while :; do sleep 0.01; done", "stubborn"));
  await firstLine(supervisor, "stubborn");
  const spared = stubborn.killAndWait("SIGTERM", 3_000, false);
  clock.advance(3_000);
  assertEquals(await spared, { died: false, escalated: false });
  const killed = stubborn.killAndWait("SIGTERM", 3_000, true);
  clock.advance(3_000);
  assertEquals(await soon("the escalation", killed), { died: true, escalated: true });

  const obedient = supervisor.spawn(shell("sleep 100 >/dev/null 2>&1 & echo $!; wait", "obedient"));
  const left = Number(await firstLine(supervisor, "obedient"));
  assertEquals(await obedient.killAndWait("SIGTERM", 3_000, true), { died: true, escalated: false });
  await waitFor("the grandchild's end", () => !isAlive(left));
});

Deno.test("ReplaySupervisor keeps exited processes for fifteen minutes and running ones without limit", async () => {
  const clock = fakeClock();
  const pruned: string[] = [];
  await using supervisor = new ReplaySupervisor({ clock, events: { onPrune: ({ id }) => void pruned.push(id) } });
  await supervisor.spawn({ id: "done", command: "true" }).exit;
  supervisor.spawn({ id: "running", command: "sleep", args: ["100"] });
  clock.advance(RETENTION_MS - 60_000);
  assert(supervisor.get("done") !== undefined);
  clock.advance(60_000);
  assertEquals(pruned, ["done"]);
  assertEquals(supervisor.list().map(({ id }) => id), ["running"]);
  clock.advance(10 * RETENTION_MS);
  assert(supervisor.get("running") !== undefined);
});

Deno.test("ReplaySupervisor.forget() frees the frames of a process that has ended, and leaves one that runs", async () => {
  const pruned: string[] = [];
  await using supervisor = new ReplaySupervisor({ events: { onPrune: ({ id }) => void pruned.push(id) } });
  await supervisor.spawn(shell("echo done", "done")).exit;
  supervisor.spawn({ id: "running", command: "sleep", args: ["100"] });
  const frames = supervisor.frames("done");
  assertEquals((await frames.next()).value?.stream, "stdout");
  assertEquals(["done", "running", "nobody"].map((id) => supervisor.forget(id)), [true, false, false]);
  assertEquals([pruned, supervisor.list().map(({ id }) => id), supervisor.replayBytes], [["done"], ["running"], 0]);
  assertEquals((await frames.next()).value?.stream, "exit", "who has taken all frames is not disturbed");
  assertEquals((await frames.next()).done, true);
});

Deno.test("ReplaySupervisor.spawn() also forgets old exited processes", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock, retentionMs: 10 });
  await supervisor.spawn({ id: "done", command: "true" }).exit;
  clock.advance(11);
  await supervisor.spawn({ id: "next", command: "true" }).exit;
  assertEquals(supervisor.list().map(({ id }) => id), ["next"]);
});

Deno.test("ReplaySupervisor drops frames of the longest exited processes when they exceed the total limit", async () => {
  await using supervisor = new ReplaySupervisor({ exitedReplayBytes: 150_000 });
  for (const id of ["a", "b", "c"]) await supervisor.spawn(shell("head -c 70000 /dev/zero", id)).exit;
  const [a, b, c] = ["a", "b", "c"].map((id) => supervisor.get(id)!.replay);
  assert(a!.bytes + b!.bytes + c!.bytes <= 150_000);
  assert(a!.firstSeq > 1);
  assertEquals(c!.firstSeq, 1);
  assert(c!.bytes > 70_000);
});

// The runtime throws on these signals before it releases the child, which a test cannot close.
Deno.test(
  "ManagedProcess reports the exit when a real-time signal ends the process",
  { sanitizeResources: false },
  async () => {
    await using supervisor = new ReplaySupervisor();
    const process = supervisor.spawn(shell("kill -40 $$"));
    await soon("the exit", process.exit);
    assertEquals(process.outcome?.code, -1);
  },
);

Deno.test("ReplaySupervisor kills every group when it is disposed", async () => {
  let grandchild = 0;
  {
    await using supervisor = new ReplaySupervisor();
    supervisor.spawn(shell("sleep 100 & echo $!; wait"));
    grandchild = Number(await firstLine(supervisor));
  }
  await waitFor("the grandchild's end", () => !isAlive(grandchild));
});

for (
  const [how, end] of [
    [
      "ManagedProcess.killAndWait() that escalates",
      (supervisor: ReplaySupervisor) => supervisor.get("p")!.killAndWait("SIGTERM", 20, true),
    ],
    [
      "ReplaySupervisor.spawn() with the same id",
      (supervisor: ReplaySupervisor) => Promise.resolve(supervisor.spawn(shell("exit"))),
    ],
    ["ReplaySupervisor.killAll()", (supervisor: ReplaySupervisor) => supervisor.killAll()],
  ] as const
) {
  Deno.test(`${how} kills a group when its leader has already exited`, async () => {
    await using supervisor = new ReplaySupervisor();
    // The child ends at once; its own child holds its pipes, so the exit is not reported yet.
    supervisor.spawn(shell("sleep 1000 & echo $!; exec sleep 1000"));
    const grandchild = Number(await firstLine(supervisor));
    const process = supervisor.get("p")!;
    process.signal("SIGTERM");
    await waitFor("the child to be reaped", () => !isThere(process.pid));
    assertEquals([process.isRunning, isAlive(grandchild)], [true, true]);
    await end(supervisor);
    await waitFor("the grandchild's end", () => !isAlive(grandchild));
  });
}

/** Whether a process still exists, even as a zombie. */
function isThere(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("ReplaySupervisor.spawn() reports a missing own working directory, but not when the cwd is absolute", async () => {
  await using dir = await tempDir();
  const script = `
    import { ReplaySupervisor } from "${new URL("../../lib/process/mod.ts", import.meta.url).href}";
    Deno.removeSync(Deno.cwd());
    await using supervisor = new ReplaySupervisor({ path: "/usr/bin:/bin" });
    for (const cwd of [undefined, "sub", "/"]) {
      try {
        await supervisor.spawn({ id: "a", command: "sh", args: ["-c", "exit 0"], ...(cwd === undefined ? {} : { cwd }) }).exit;
        console.log("started in", cwd);
      } catch (error) {
        console.log(error.name, error.message);
      }
    }
  `;
  await Deno.mkdir(`${dir.path}/gone`);
  await Deno.writeTextFile(`${dir.path}/program.ts`, script);
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-config", `${dir.path}/program.ts`],
    cwd: `${dir.path}/gone`,
    stdin: "null",
  });
  const { stdout, stderr } = await command.output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(lines, [
    "SpawnError getwd: no such file or directory: the directory that this program was started in is gone, so name a cwd",
    "SpawnError chdir sub: stat sub: no such file or directory",
    "started in /",
  ], new TextDecoder().decode(stderr));
});
