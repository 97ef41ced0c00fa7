import { assertEquals } from "@std/assert";
import { type ForegroundSignal, SignalPolicy } from "../../lib/cli/signal_policy.ts";

const BOTH: readonly ForegroundSignal[] = ["SIGINT", "SIGTERM"];

/** Returns what a policy decides on each signal at its time, in milliseconds. */
function decisions(
  forwarded: readonly ForegroundSignal[],
  ...signals: (readonly [ForegroundSignal, number])[]
): string[] {
  let now = 0;
  const policy = new SignalPolicy(() => now);
  return signals.map(([signal, at]) => {
    now = at;
    const action = policy.decide(signal, forwarded);
    return "code" in action ? `${action.kind} ${action.code}` : action.kind;
  });
}

Deno.test("SignalPolicy forwards interrupts, and detaches on two within a second", () => {
  assertEquals(decisions(BOTH, ["SIGINT", 0], ["SIGINT", 1_500], ["SIGINT", 2_000]), [
    "forward",
    "forward",
    "detach 0",
  ]);
});

Deno.test("SignalPolicy detaches on the second SIGTERM and exits on the third", () => {
  const signals = [["SIGTERM", 0], ["SIGTERM", 60_000], ["SIGTERM", 60_001]] as const;
  assertEquals(decisions(BOTH, ...signals), ["forward", "detach 143", "exit 143"]);
});

Deno.test("SignalPolicy detaches on SIGHUP and on signals that are not forwarded", () => {
  assertEquals(decisions(BOTH, ["SIGHUP", 0]), ["detach 129"]);
  assertEquals(decisions([], ["SIGINT", 0]), ["detach 0"]);
  assertEquals(decisions(["SIGINT"], ["SIGTERM", 0]), ["detach 143"]);
});

Deno.test("SignalPolicy exits on an interrupt more than a second after it detached", () => {
  const signals = [["SIGINT", 0], ["SIGINT", 500], ["SIGINT", 900], ["SIGINT", 1_600]] as const;
  assertEquals(decisions(BOTH, ...signals), ["forward", "detach 0", "ignore", "exit 130"]);
});
