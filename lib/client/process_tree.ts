/**
 * The processes of the machine on which the daemon runs, as `ps` lists them there.
 *
 * @module
 */

import type { Client } from "./connect.ts";
import { RpcCallError } from "./errors.ts";
import { runCommand } from "./run_command.ts";

/** Where the start time stands in `/proc/PID/stat`, counted after the name of the program. */
const START_FIELD = 19;

/** Finds out which processes are below one. */
export class ProcessTree {
  readonly #children = new Map<number, number[]>();

  /** @param parents Pairs of a process and its parent. */
  constructor(parents: Iterable<readonly [pid: number, parent: number]>) {
    for (const [pid, parent] of parents) {
      const children = this.#children.get(parent);
      if (children === undefined) this.#children.set(parent, [pid]);
      else children.push(pid);
    }
  }

  /** Returns the pids of all processes below one; none below 0, which stands for a process that is not known. */
  below(root: number): number[] {
    const found: number[] = [];
    // The system itself counts the first processes of the machine as children of 0: whoever kills these kills all.
    if (root <= 0) return found;
    for (const todo = [root]; todo.length > 0;) {
      for (const child of this.#children.get(todo.pop()!) ?? []) {
        // Pids that are given again while they are listed could form a circle.
        if (child === root || found.length > MAX_PROCESSES) continue;
        found.push(child);
        todo.push(child);
      }
    }
    return found;
  }
}

/** More processes than this are not counted below one. */
const MAX_PROCESSES = 100_000;

/** Reads which process has which parent; knows of none where the system has no `ps`. */
export async function processTree(client: Client): Promise<ProcessTree> {
  const lines = new TextDecoder().decode(await processTable(client)).split("\n");
  return new ProcessTree(lines.flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return pid === undefined || parent === undefined ? [] : [[pid, parent] as const];
  }));
}

/** Returns the pids of all processes below one; none where the system has no `ps`. */
export async function descendants(client: Client, root: number): Promise<number[]> {
  return (await processTree(client)).below(root);
}

/**
 * Returns when a process was started, in a form that tells it from another one with the same pid: in ticks since the
 * boot where there is `/proc`, else as `ps` writes it.
 *
 * @returns `undefined` if it has ended.
 */
export async function processStart(client: Client, pid: number): Promise<string | undefined> {
  const stat = await readStat(client, pid);
  if (stat !== undefined) return startOf(stat);
  const { code, stdout } = await runCommand(client, { command: "ps", args: ["-o", "lstart=", "-p", `${pid}`] });
  return code === 0 ? new TextDecoder().decode(stdout).trim() || undefined : undefined;
}

/**
 * Returns when a process was started, in ticks since the boot.
 *
 * @returns `undefined` if it has ended, or there is no `/proc`.
 */
export async function processStartTicks(client: Client, pid: number): Promise<string | undefined> {
  const stat = await readStat(client, pid);
  return stat === undefined ? undefined : startOf(stat);
}

async function readStat(client: Client, pid: number): Promise<string | undefined> {
  const { code, stdout } = await runCommand(client, { command: "cat", args: [`/proc/${pid}/stat`] });
  return code === 0 ? new TextDecoder().decode(stdout) : undefined;
}

/** Reads the start out of `/proc/PID/stat`; a process that only waits to be collected has ended. */
function startOf(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[START_FIELD];
}

async function processTable(client: Client): Promise<Uint8Array> {
  try {
    return (await runCommand(client, { command: "ps", args: ["-A", "-o", "pid=,ppid="] })).stdout;
  } catch (error) {
    if (error instanceof RpcCallError) return new Uint8Array(0);
    throw error;
  }
}
