import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { HubProblem } from "../api/client.ts";
import { useWorld } from "../state/world.ts";

/** What is read from the hub, as far as it is there. */
export interface Loaded<T> {
  /** What was read last. */
  readonly value: T | undefined;
  /** Why it could not be read. */
  readonly problem: string | undefined;
  /** Reads it again. What was read before stays until then. */
  reload(): Promise<void>;
}

/** Reads something from the hub, and again when the connection comes back. */
export function useLoaded<T>(read: () => Promise<T>): Loaded<T> {
  const { hub } = useWorld();
  const value = useSignal<T | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const reads = useRef(0);
  const reload = async () => {
    const number = ++reads.current;
    // What was asked for later counts, whatever arrives first.
    const isLatest = () => number === reads.current;
    try {
      const found = await read();
      if (!isLatest()) return;
      value.value = found;
      problem.value = undefined;
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      if (isLatest()) problem.value = error.message;
    }
  };
  const isLost = hub.connection.value === "lost";
  useEffect(() => {
    if (!isLost) void reload();
  }, [isLost]);
  return { value: value.value, problem: problem.value, reload };
}
