/**
 * Keeping the records of the processes that this daemon has started: one file each, for as long as the process runs
 * (contract: Records of children).
 *
 * @module
 */

import { TERMINAL_PROGRAM, wordsInTerminal } from "../../client/terminal_command.ts";
import type { ManagedProcess } from "../../process/managed_process.ts";
import { lookUpCommand } from "../../process/command_lookup.ts";
import type { SpawnSpec } from "../../process/spawn_child.ts";
import { SpawnError } from "../../process/spawn_error.ts";
import type { SupervisorEvents } from "../../process/supervisor_options.ts";
import type { Clock } from "../../system/clock.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import type { Logger } from "../../system/log.ts";
import { removeIfThere, removeLink, writePrivateFile } from "../../system/private_files.ts";
import { type ChildRecord, recordName } from "./child_record.ts";
import { type MachineFacts, processStart } from "./process_facts_linux.ts";

/** Options of {@linkcode ChildRecords}. */
export interface ChildRecordsOptions {
  /** The directory of the records. */
  readonly directory: string;
  /** The machine. */
  readonly machine: MachineFacts;
  /** The id of this run of the daemon. */
  readonly instance: string;
  /** When the daemon's process started, in clock ticks. */
  readonly daemonStart: string;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the daemon. */
  readonly log: Logger;
}

/** The records of the processes of one daemon. */
export class ChildRecords {
  readonly #options: ChildRecordsOptions;
  /** What is being done with the record of each process; one step after the other. */
  readonly #steps = new Map<number, Promise<void>>();
  /** The processes that have a record, or soon will. */
  readonly #recorded = new Map<number, ManagedProcess>();
  #isGivenUp = false;

  /** Keeps records in a directory, which is made with the first one. */
  constructor(options: ChildRecordsOptions) {
    this.#options = options;
  }

  /** Returns events of a supervisor that keep the records, and then call the given events. */
  events(others: SupervisorEvents): SupervisorEvents {
    return {
      ...others,
      onSpawn: (process) => {
        this.note(process);
        others.onSpawn?.(process);
      },
      onRestart: (process) => {
        this.note(process);
        others.onRestart?.(process);
      },
      onExit: (process, exit) => {
        this.#forget(process.pid);
        others.onExit?.(process, exit);
      },
    };
  }

  /** Writes the record of a process that has just been started. */
  note(process: ManagedProcess): void {
    const { pid } = process;
    this.#recorded.set(pid, process);
    if (!this.#isGivenUp) this.#step(pid, () => this.#write(process, pid));
  }

  /**
   * Removes all records, and writes no more: the processes are to outlive this daemon.
   *
   * @returns Settles when the records are removed.
   */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    for (const pid of this.#recorded.keys()) this.#step(pid, () => this.#remove(pid));
    await this.settled();
  }

  /** Writes the records again: the processes stay with this daemon after all. */
  takeBack(): void {
    this.#isGivenUp = false;
    for (const process of this.#recorded.values()) this.note(process);
  }

  /** Settles when nothing is being written or removed. */
  async settled(): Promise<void> {
    while (this.#steps.size > 0) await Promise.all(this.#steps.values());
  }

  #forget(pid: number): void {
    this.#recorded.delete(pid);
    this.#step(pid, () => this.#remove(pid));
  }

  #step(pid: number, work: () => Promise<void>): void {
    const { log, directory } = this.#options;
    const step = (this.#steps.get(pid) ?? Promise.resolve()).then(work)
      .catch((error) => log.warn(`[daemon] cannot keep ${directory}/${recordName(pid)}: ${errnoText(error)}`))
      .then(() => {
        if (this.#steps.get(pid) === step) this.#steps.delete(pid);
      });
    this.#steps.set(pid, step);
  }

  async #write({ spec }: ManagedProcess, pid: number): Promise<void> {
    const { directory, machine, instance, daemonStart, clock } = this.#options;
    const start = await processStart(pid);
    // It may have ended, and another process may soon have its id.
    if (start === undefined || this.#recorded.get(pid)?.spec !== spec) return;
    const [launcher] = spec.launcher ?? [];
    const argv0 = await programOf(launcher ?? executed(spec), spec.cwd);
    const record: ChildRecord = {
      pid,
      ...machine,
      instance,
      daemonPid: Deno.pid,
      daemonStart,
      argv0,
      ...(launcher === undefined ? {} : { program: spec.command }),
      start,
      at: clock.now(),
    };
    await removeLink(directory);
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    await writePrivateFile(`${directory}/${recordName(pid)}`, JSON.stringify(record) + "\n");
  }

  async #remove(pid: number): Promise<void> {
    await removeIfThere(`${this.#options.directory}/${recordName(pid)}`);
  }
}

/** Returns the command that the process of a spec executes in the end: what gives terminals replaces its shell. */
function executed({ command, args = [] }: SpawnSpec): string {
  return wordsInTerminal({ command, args }) === undefined ? command : TERMINAL_PROGRAM;
}

/** Returns the file that was executed for a command; the system names it when it is asked about the process. */
async function programOf(command: string, cwd = ""): Promise<string> {
  try {
    const { file } = lookUpCommand(command, { path: Deno.env.get("PATH") ?? "", cwd: cwd || Deno.cwd() });
    // A script is not what the system executes, and has no other name than the one that it was started by.
    return await isScript(file) ? file : await Deno.realPath(file);
  } catch (error) {
    // The file has been moved or removed since.
    if (error instanceof SpawnError || errnoCode(error) !== undefined) return command;
    throw error;
  }
}

const SCRIPT_START = "#!";

async function isScript(file: string): Promise<boolean> {
  using handle = await Deno.open(file);
  const head = new Uint8Array(SCRIPT_START.length);
  await handle.read(head);
  return new TextDecoder().decode(head) === SCRIPT_START;
}
