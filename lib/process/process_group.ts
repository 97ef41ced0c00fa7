/**
 * The process group that a child leads, and who may still be signalled of it.
 *
 * The system gives the number of a process to another one once the process is reaped and nobody is
 * left in its group. So a child that is reaped is never signalled by its number again, and its group
 * only when somebody was left in it.
 *
 * @module
 */

import { hasGroup, signalGroup, signalLeader } from "./signals.ts";
import type { GroupLeader } from "./spawn_child.ts";

/** See the module. */
export class ProcessGroup {
  readonly #leader: GroupLeader;
  #isReaped = false;
  #hasMembers = true;

  /**
   * Watches over a child.
   *
   * @param leader The child, which has just been started in a process group of its own.
   */
  constructor(leader: GroupLeader) {
    this.#leader = leader;
    const noteReaped = () => {
      this.#isReaped = true;
      this.#hasMembers = hasGroup(leader.pid);
    };
    leader.status.then(noteReaped, noteReaped);
  }

  /** Whether the child that leads it is reaped. */
  get isReaped(): boolean {
    return this.#isReaped;
  }

  /** Signals the child alone. Does nothing once it is reaped. */
  signalLeader(signal: Deno.Signal): void {
    if (!this.#isReaped) signalLeader(this.#leader, signal);
  }

  /** Signals everybody in the group, also those whom a child that is reaped has left behind. */
  signal(signal: Deno.Signal): void {
    if (this.#hasMembers && signalGroup(this.#leader.pid, signal)) return;
    // A child that is only just starting may not have made its group yet.
    if (this.#isReaped) this.#hasMembers = false;
    else this.signalLeader(signal);
  }
}
