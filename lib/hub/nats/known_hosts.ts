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
  /** When another hub of the same name was last heard, on the clock that never jumps; `undefined` if there is none. */
  rivalAt?: number | undefined;
}

/** What has happened to a host. */
export type HostChange = "found" | "up" | "restarted" | "away" | "doubled" | "single" | "none";

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
    const known = this.#hosts.get(name);
    return known !== undefined && known.isUp && known.rivalAt === undefined;
  }

  /** Whether two hubs have that name now, so that nobody can tell which one is meant. */
  isDoubled(name: string): boolean {
    return this.#hosts.get(name)?.rivalAt !== undefined;
  }

  /** Takes a state that a host has just told. The first hub of a name keeps it for as long as it is heard. */
  hear(state: HostState): HostChange {
    const known = this.#hosts.get(state.name);
    const heardAt = this.#clock.elapsed();
    if (known !== undefined && this.#isRival(known, state)) return this.#hearRival(known, state, heardAt);
    const isUp = state.stopping !== true;
    this.#hosts.set(state.name, { state, heardAt, isUp, ...(isUp ? { rivalAt: known?.rivalAt } : {}) });
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

  /**
   * Notes that a host does not answer; returns whether that is news.
   *
   * @param askedAt When it was asked, on the clock that never jumps: what it has told since then counts more.
   */
  lose(name: string, askedAt: number): boolean {
    const known = this.#hosts.get(name);
    if (known === undefined || !known.isUp || (known.heardAt ?? -Infinity) > askedAt) return false;
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

  /** Notes which hosts are silent for too long, and which are the only ones of their name again. */
  expire(): { readonly silent: readonly string[]; readonly single: readonly string[] } {
    const before = this.#clock.elapsed() - AWAY_MS;
    const all = [...this.#hosts];
    const silent = all.filter(([, { isUp, heardAt }]) => isUp && heardAt !== undefined && heardAt < before);
    for (const [, known] of silent) [known.isUp, known.rivalAt] = [false, undefined];
    const single = all.filter(([, { rivalAt }]) => rivalAt !== undefined && rivalAt < before);
    for (const [, known] of single) known.rivalAt = undefined;
    return { silent: silent.map(([name]) => name), single: single.map(([name]) => name) };
  }

  /** Whether a state is that of another hub than the one that has the name, and is still there. */
  #isRival({ state, heardAt, isUp }: Known, told: HostState): boolean {
    const isThere = isUp && heardAt !== undefined && this.#clock.elapsed() - heardAt < AWAY_MS;
    return isThere && state.hub !== told.hub;
  }

  #hearRival(known: Known, { stopping = false }: HostState, heardAt: number): HostChange {
    const wasDoubled = known.rivalAt !== undefined;
    known.rivalAt = stopping ? undefined : heardAt;
    if (stopping === !wasDoubled) return "none";
    return stopping ? "single" : "doubled";
  }
}
