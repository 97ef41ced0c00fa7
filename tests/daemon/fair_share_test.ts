import { assert, assertEquals } from "@std/assert";
import { fairShare } from "../../lib/daemon/connection/fair_share.ts";

/** Works for at least some milliseconds. */
function workFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

Deno.test("fairShare() pauses when work without a gap goes on for long, and not for a gap", async () => {
  const pause = fairShare();
  assertEquals(pause(), undefined);
  workFor(6);
  // Whoever waited for something else has given others their turn.
  assertEquals(pause(), undefined);
  workFor(6);
  const paused = pause(true);
  assert(paused instanceof Promise);
  await paused;
});
