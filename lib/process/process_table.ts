/**
 * Processes by their ids.
 *
 * @module
 */

import type { ManagedProcess } from "./managed_process.ts";

/** See the module comment. */
export class ProcessTable {
  readonly #processes = new Map<string, ManagedProcess>();
  /** Renamed processes by their former ids, as long as no other process takes these. */
  readonly #renamed = new Map<string, ManagedProcess>();

  /** Adds a process, which is the newest one. */
  add(process: ManagedProcess): void {
    this.#processes.set(process.id, process);
  }

  /** Returns the process that has an id now; `undefined` if there is none. */
  current(id: string): ManagedProcess | undefined {
    return this.#processes.get(id);
  }

  /** Returns the process with an id, or else the one that formerly had it; `undefined` if there is none. */
  find(id: string): ManagedProcess | undefined {
    return this.#processes.get(id) ?? this.#renamed.get(id);
  }

  /** Returns all processes, oldest first. */
  list(): ManagedProcess[] {
    return [...this.#processes.values()];
  }

  /**
   * Gives a process another id. It is found by the former one, too, until another process takes that.
   *
   * @throws {RangeError} If there is no such process, or another one has the new id.
   */
  rename(id: string, to: string): void {
    const process = this.find(id);
    if (process === undefined) throw new RangeError(`Cannot rename process: no process has the id "${id}"`);
    if (process.id === to) return;
    if (this.#processes.has(to)) throw new RangeError(`Cannot rename process: another one has the id "${to}"`);
    if (this.#renamed.get(to) !== process) this.takeFormerId(to);
    this.#renamed.delete(to);
    this.#renamed.set(process.id, process);
    // The order of the map is that of the starts.
    const all = this.list();
    this.#processes.clear();
    process.rename(to);
    for (const each of all) this.#processes.set(each.id, each);
  }

  /** Lets another process have an id. Who still follows a renamed process by it gets no more frames. */
  takeFormerId(id: string): void {
    this.#renamed.get(id)?.dropSubscribers(id);
    this.#renamed.delete(id);
  }

  /** Removes a process, if another one has not taken its id already, and its former ids. */
  remove(process: ManagedProcess): void {
    if (this.#processes.get(process.id) === process) this.#processes.delete(process.id);
    for (const [id, renamed] of this.#renamed) if (renamed === process) this.#renamed.delete(id);
  }

  /** Removes all processes. */
  clear(): void {
    this.#processes.clear();
    this.#renamed.clear();
  }
}
