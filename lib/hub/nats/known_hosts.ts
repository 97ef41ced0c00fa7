/**
 * The hosts of a NATS, as they tell of themselves.
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import { AWAY_MS, type HostState } from "./host_state.ts";

/** A host. */
interface Known {
  state: HostState;
  /** When it was last heard, on the clock that never jumps; `undefined` if it was only found in the bucket. */
  heardAt: number | undefined;
  /** Whether it may be asked. */
  isUp: boolean;
}

/** What has happened to a host. */
export type HostChange = "found" | "up" | "restarted" | "away" | "none";

/** See the module comment. */
export class KnownHosts {
  readonly #hosts = new Map<string, Known>();
  readonly #clock: Clock;

  /** @param clock The source of time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The names. */
  get names(): readonly string[] {
    return [...this.#hosts.keys()];
  }

  /** Returns the last state of a host; `undefined` if it was never heard of. */
  state(name: string): HostState | undefined {
    return this.#hosts.get(name)?.state;
  }

  /** Whether a host may be asked. */
  isUp(name: string): boolean {
    return this.#hosts.get(name)?.isUp ?? false;
  }

  /** Takes a state that a host has just told. */
  hear(state: HostState): HostChange {
    const known = this.#hosts.get(state.name);
    const isUp = state.stopping !== true;
    const heardAt = this.#clock.elapsed();
    this.#hosts.set(state.name, { state, heardAt, isUp });
    if (known === undefined) return "found";
    if (known.isUp && !isUp) return "away";
    if (!known.isUp) return isUp ? "up" : "none";
    return known.state.run === state.run ? "none" : "restarted";
  }

  /** Takes a state that was kept: whether the host is still there is found out when it is asked. */
  remember(state: HostState): HostChange {
    if (this.#hosts.has(state.name)) return "none";
    this.#hosts.set(state.name, { state, heardAt: undefined, isUp: state.stopping !== true });
    return "found";
  }

  /** Notes that a host does not answer; returns whether that is news. */
  lose(name: string): boolean {
    const known = this.#hosts.get(name);
    if (known === undefined || !known.isUp) return false;
    known.isUp = false;
    return true;
  }

  /** Lets a host be asked again that counts as away; returns whether it was one. */
  tryAgain(name: string): boolean {
    const known = this.#hosts.get(name);
    if (known === undefined || known.isUp) return false;
    known.isUp = true;
    known.heardAt = undefined;
    return true;
  }

  /** Notes which hosts are silent for too long, and returns their names. */
  expire(): readonly string[] {
    const before = this.#clock.elapsed() - AWAY_MS;
    const silent = [...this.#hosts].filter(([, { isUp, heardAt }]) =>
      isUp && heardAt !== undefined && heardAt < before
    );
    for (const [, known] of silent) known.isUp = false;
    return silent.map(([name]) => name);
  }
}
