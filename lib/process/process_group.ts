/**
 * The process group that a child leads, and which of its processes may still be signalled.
 *
 * The system can reuse a process id once the process is reaped and its group is empty. So a reaped child is never
 * signalled by its id again, and its group is signalled only if it still had members when the child was reaped.
 *
 * @module
 */

import { hasGroup, signalGroup, signalLeader } from "./signals.ts";
import type { GroupLeader } from "./spawn_child.ts";

/** The process group of a child. */
export class ProcessGroup {
  readonly #leader: GroupLeader;
  #isReaped = false;
  #hasMembers = true;
  #lastSignal: Deno.Signal | undefined;

  /**
   * Tracks the group of a child.
   *
   * @param leader The child, which has just been started in its own process group.
   */
  constructor(leader: GroupLeader) {
    this.#leader = leader;
    const noteReaped = () => {
      this.#isReaped = true;
      this.#hasMembers = hasGroup(leader.pid);
    };
    leader.status.then(noteReaped, noteReaped);
  }

  /** Whether the child that leads the group is reaped. */
  get isReaped(): boolean {
    return this.#isReaped;
  }

  /** The last signal that was to be sent; `undefined` if there was none. */
  get lastSignal(): Deno.Signal | undefined {
    return this.#lastSignal;
  }

  /** Signals the child alone. Does nothing once the child is reaped. */
  signalLeader(signal: Deno.Signal): void {
    if (this.#isReaped) return;
    this.#lastSignal = signal;
    signalLeader(this.#leader, signal);
  }

  /** Signals all processes in the group, including those that remain after the child is reaped. */
  signal(signal: Deno.Signal): void {
    if (!this.#isReaped) this.#lastSignal = signal;
    if (this.#hasMembers && signalGroup(this.#leader.pid, signal)) return;
    // A child that has only just been started may not have created its group yet.
    if (this.#isReaped) this.#hasMembers = false;
    else this.signalLeader(signal);
  }
}
