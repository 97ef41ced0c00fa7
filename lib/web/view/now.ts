import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** How often times that are shown are brought up to date, in milliseconds. */
const STEP_MS = 15_000;

const now = signal(Date.now());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Returns the time in milliseconds since the epoch. It goes on in steps while something uses it. */
export function useNow(): ReadonlySignal<number> {
  useEffect(() => {
    users++;
    timer ??= setInterval(() => now.value = Date.now(), STEP_MS);
    return () => {
      users--;
      if (users > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  // What is shown first must not be as old as the last step.
  if (timer === undefined) now.value = Date.now();
  return now;
}
