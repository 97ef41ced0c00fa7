/**
 * All instances that are kept, in the order in which they were made.
 *
 * @module
 */

import { findInstance } from "./find_instance.ts";
import type { InstanceRunner } from "./instance_runner.ts";
import { isLive } from "./record.ts";

/** See the module comment. */
export class InstanceList {
  readonly #runners = new Map<string, InstanceRunner>();

  /** Adds an instance. */
  add(runner: InstanceRunner): void {
    this.#runners.set(runner.record.id, runner);
  }

  /** Takes an instance out. */
  delete(id: string): void {
    this.#runners.delete(id);
  }

  /** Returns an instance by its whole id. */
  byId(id: string): InstanceRunner | undefined {
    return this.#runners.get(id);
  }

  /**
   * Returns the instance that a reference means: an id, a name, or the beginning of one.
   *
   * @throws {RequestError} If there is none, or several could be meant.
   */
  find(reference: string): InstanceRunner {
    return findInstance(this.newestFirst(), reference);
  }

  /** Returns all instances. */
  all(): InstanceRunner[] {
    return [...this.#runners.values()];
  }

  /** Returns all instances, the newest first. */
  newestFirst(): InstanceRunner[] {
    return this.all().reverse();
  }

  /** Returns the instances whose programs run, or are about to. */
  live(): InstanceRunner[] {
    return this.all().filter(({ record }) => isLive(record));
  }

  /** Returns the server of a project that runs; a project has one at most. */
  liveServer(project: string): InstanceRunner | undefined {
    return this.live().find(({ record }) => record.project === project && record.mode === "standard");
  }
}
