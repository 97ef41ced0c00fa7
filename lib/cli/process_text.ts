/**
 * Describes processes for the user.
 *
 * @module
 */

import type { ListedProcess } from "./process_lookup.ts";

/**
 * Describes whether a process runs, like `running`, `exit 3` or `restart in 4s`.
 *
 * @param now The time, in milliseconds since the epoch.
 */
export function describeState(
  { running, restartAt, signal, exitCode }: ListedProcess,
  now: number = Date.now(),
): string {
  if (restartAt !== undefined) return `restart in ${Math.max(0, Math.ceil(restartAt - now / 1000))}s`;
  return running ? "running" : signal ?? `exit ${exitCode}`;
}

/** Describes the restart policy and how often it was used, like `always, 3 times`. */
export function describeRestarts({ restart, restarts = 0 }: ListedProcess): string {
  const count = restarts === 0 ? "" : `${restarts}x`;
  return [restart ?? "", count].filter((text) => text !== "").join(" ");
}
