import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { HubProblem } from "../../api/client.ts";
import { useWorld } from "../../state/world.ts";

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
  const reload = async () => {
    try {
      value.value = await read();
      problem.value = undefined;
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      problem.value = error.message;
    }
  };
  const isConnected: ReadonlySignal<string> = hub.connection;
  useEffect(() => {
    if (isConnected.value !== "lost") void reload();
  }, [isConnected.value === "lost"]);
  return { value: value.value, problem: problem.value, reload };
}
