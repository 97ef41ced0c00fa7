/**
 * Finds the signals that this command inherited as ignored, on Linux. `nohup` ignores SIGHUP, and a shell without job
 * control ignores SIGINT in the commands that it starts in the background.
 *
 * @module
 */

import { readProcSync } from "../system/proc_linux.ts";
import type { ForegroundSignal } from "./signal_policy.ts";

/** The bits of the signals in the masks of `/proc/PID/status`. */
const BITS = { SIGHUP: 1n << 0n, SIGINT: 1n << 1n, SIGTERM: 1n << 14n } as const;

/** Returns those of the signals that this process ignores; none if `/proc` cannot be read. */
export function ignoredSignals(signals: readonly ForegroundSignal[]): ForegroundSignal[] {
  const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(readProcSync("/proc/self/status") ?? "")?.[1] ?? "0"}`);
  return signals.filter((name) => (mask & BITS[name]) !== 0n);
}
