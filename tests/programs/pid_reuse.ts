/**
 * A program that starts an unrelated process (the bystander) with the pid of a process that has ended, signals the
 * ended process and its group, and prints whether the bystander was hit. It runs in a process namespace of its own,
 * where it can set the pid of the next process.
 *
 * @module
 */

import { ProcessGroup } from "../../lib/process/process_group.ts";
import { ReplaySupervisor } from "../../lib/process/supervisor.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

const ATTEMPTS = 20;
/** The first process id that is reused; each attempt uses others. */
const FIRST_NUMBER = 1_000;
/** How long the exit frame waits for pipes that another process holds, in milliseconds. */
const DRAIN_MS = 5_000;

/** Sets the id of the next process or thread. */
function chooseNumber(pid: number): Promise<void> {
  return Deno.writeTextFile("/proc/sys/kernel/ns_last_pid", String(pid - 1));
}

/** The id is in use by a thread, which may keep it for long. */
class NumberTakenError extends Error {}

/** Starts a process with a certain id. */
async function startWithNumber(pid: number, leadsGroup: boolean): Promise<Deno.ChildProcess> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await chooseNumber(pid);
    const child = new Deno.Command("sleep", { args: ["1000"], detached: leadsGroup, stdin: "null" }).spawn();
    if (child.pid === pid) return child;
    child.kill("SIGKILL");
    await child.status;
  }
  throw new NumberTakenError(`Cannot start a process ${pid}`);
}

async function isReaped(pid: number): Promise<void> {
  await waitFor("the process to be reaped", () => {
    try {
      Deno.statSync(`/proc/${pid}`);
      return false;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return true;
      throw error;
    }
  });
}

/** Returns the fate of a bystander with the id of a process whose exit frame is not sent yet. */
async function afterSupervised(leadsGroup: boolean): Promise<string> {
  const clock = fakeClock();
  const supervisor = new ReplaySupervisor({ clock });
  // The child that it leaves is in a session of its own, and holds its pipes.
  const script = "setsid sh -c 'echo; exec sleep 1000' & read x";
  const process = supervisor.spawn({ id: "p", command: "sh", args: ["-c", script] });
  for await (const { stream } of supervisor.frames("p", { observe: true })) if (stream === "stdout") break;
  process.stdin.write(new TextEncoder().encode("\n"));
  await isReaped(process.pid);
  const bystander = await startWithNumber(process.pid, leadsGroup);
  process.signal("SIGTERM");
  process.signalGroup("SIGTERM");
  process.endGroup();
  const waiting = process.killAndWait("SIGTERM", 1_000, true);
  clock.advance(DRAIN_MS);
  await waiting;
  process.endRemains();
  const fate = await fateOf(bystander);
  return `running: ${leadsGroup ? "group" : "process"} ${fate}`;
}

/** Returns the fate of a bystander with the id of a child whose output is still open. */
async function afterChild(leadsGroup: boolean): Promise<string> {
  const child = new Deno.Command("sh", {
    args: ["-c", "setsid sleep 1000 & sleep 0.2"],
    detached: true,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const group = new ProcessGroup(child);
  await child.status;
  const bystander = await startWithNumber(child.pid, leadsGroup);
  group.signal("SIGKILL");
  group.signalLeader("SIGKILL");
  await child.stdout.cancel();
  return `child: ${leadsGroup ? "group" : "process"} ${await fateOf(bystander)}`;
}

/** A process that was signalled has ended once a process that was signalled later has ended. */
async function fateOf(bystander: Deno.ChildProcess): Promise<string> {
  const later = new Deno.Command("sleep", { args: ["1000"], stdin: "null" }).spawn();
  later.kill("SIGKILL");
  await later.status;
  const fate = isAlive(bystander.pid) ? "spared" : "hit";
  if (fate === "spared") bystander.kill("SIGKILL");
  await bystander.status;
  return fate;
}

/** Repeats a check with other ids when an id is in use. */
async function tried(scenario: () => Promise<string>): Promise<string> {
  for (let attempt = 1;; attempt++) {
    try {
      await chooseNumber(FIRST_NUMBER * attempt);
      return await scenario();
    } catch (error) {
      if (!(error instanceof NumberTakenError) || attempt === ATTEMPTS) throw error;
    }
  }
}

if (import.meta.main) {
  for (const leadsGroup of [true, false]) {
    for (const scenario of [afterSupervised, afterChild]) console.log(await tried(() => scenario(leadsGroup)));
  }
  Deno.exit(0);
}
