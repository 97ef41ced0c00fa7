/**
 * The states of hubs that NATS keeps, for those who come while a hub is away.
 *
 * @module
 */

import type { KV } from "@nats-io/kv";
import { Buffer } from "node:buffer";
import { type HostState, parseState } from "./host_state.ts";
import { encodeName } from "./subjects.ts";

/** How many states are read from the bucket at once. */
const READ_AT_ONCE = 50;

/** Keeps the state of this hub, once there is a bucket. */
export class KeptStates {
  #bucket: KV | undefined;
  #stored: Promise<void> = Promise.resolve();

  /** Whether there is a bucket. */
  get hasBucket(): boolean {
    return this.#bucket !== undefined;
  }

  /** Settles when what was to be kept so far is kept, or could not be. */
  get stored(): Promise<void> {
    return this.#stored;
  }

  /** Uses a bucket from now on. */
  use(bucket: KV): void {
    this.#bucket = bucket;
  }

  /**
   * Keeps the state of this hub; does nothing without a bucket.
   *
   * @param name The name of this hub.
   * @param state Returns the state; called when it is its turn to be kept.
   */
  keep(name: string, state: () => HostState): void {
    const bucket = this.#bucket;
    if (bucket === undefined) return;
    const put = async () => {
      try {
        await bucket.put(encodeName(name), Buffer.from(JSON.stringify(state())));
      } catch {
        // The next state comes soon.
      }
    };
    this.#stored = this.#stored.then(put);
  }
}

/**
 * Reads the states of all hubs.
 *
 * @param take Called with each.
 * @param signal Ends the reading: nothing is thrown then.
 * @throws {Error} If they cannot be read.
 */
export async function readStates(bucket: KV, take: (state: HostState) => void, signal: AbortSignal): Promise<void> {
  const keys: string[] = [];
  const names = await bucket.keys();
  // The library would watch for the rest of a list for good that a lost connection has cut off.
  const stop = () => names.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  for await (const key of names) keys.push(key);
  signal.removeEventListener("abort", stop);
  if (signal.aborted) return;
  while (keys.length > 0) {
    const entries = await Promise.all(keys.splice(0, READ_AT_ONCE).map((key) => bucket.get(key)));
    for (const entry of entries) {
      const state = entry === null ? undefined : parseState(entry.value);
      if (state !== undefined && encodeName(state.name) === entry?.key) take(state);
    }
  }
}
