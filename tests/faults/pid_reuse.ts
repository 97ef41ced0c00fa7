/**
 * Gives the number of a process that has ended to a bystander, tries to end that process and its
 * group, and prints what became of the bystander. Runs in a process namespace of its own, where it
 * may choose the number of the next process.
 *
 * @module
 */

import { ProcessGroup } from "../../lib/process/process_group.ts";
import { ReplaySupervisor } from "../../lib/process/supervisor.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

const ATTEMPTS = 20;
/** Where the numbers begin that are given away; each try takes others. */
const FIRST_NUMBER = 1_000;
/** How long the exit frame waits for pipes that somebody else holds, in milliseconds. */
const DRAIN_MS = 5_000;

/** Chooses the number of the next process, or thread. */
function chooseNumber(pid: number): Promise<void> {
  return Deno.writeTextFile("/proc/sys/kernel/ns_last_pid", String(pid - 1));
}

/** The number is a thread's by now, which may keep it for long. */
class NumberTakenError extends Error {}

/** Starts a process that has a certain number. */
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

/** What becomes of a bystander that has the number of a process whose exit frame is still to come. */
async function afterSupervised(leadsGroup: boolean): Promise<string> {
  const clock = fakeClock();
  const supervisor = new ReplaySupervisor({ clock });
  // What it leaves behind is in a session of its own, and has its pipes.
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

/** What becomes of a bystander that has the number of a child whose output is still open. */
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

/** A process that was signalled is gone as soon as one that was signalled later is. */
async function fateOf(bystander: Deno.ChildProcess): Promise<string> {
  const later = new Deno.Command("sleep", { args: ["1000"], stdin: "null" }).spawn();
  later.kill("SIGKILL");
  await later.status;
  const fate = isAlive(bystander.pid) ? "spared" : "hit";
  if (fate === "spared") bystander.kill("SIGKILL");
  await bystander.status;
  return fate;
}

/** Tries again with other numbers where one cannot be had. */
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
