/**
 * The signals that the caller of this command has it ignore, as Linux tells them. `nohup` does that with hang-ups, and
 * a shell without job control with interrupts of what it starts in the background.
 *
 * @module
 */

import { readProcSync } from "../system/proc_linux.ts";
import type { ForegroundSignal } from "./signal_policy.ts";

/** The bits of signals in `/proc/PID/status`. */
const BITS = { SIGHUP: 1n << 0n, SIGINT: 1n << 1n, SIGTERM: 1n << 14n } as const;

/** Which of the signals are ignored now; none where the system does not tell. */
export function ignoredSignals(signals: readonly ForegroundSignal[]): ForegroundSignal[] {
  const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(readProcSync("/proc/self/status") ?? "")?.[1] ?? "0"}`);
  return signals.filter((name) => (mask & BITS[name]) !== 0n);
}
