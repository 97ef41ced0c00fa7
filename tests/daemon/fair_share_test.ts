import { assert, assertEquals } from "@std/assert";
import { fairShare } from "../../lib/daemon/connection/fair_share.ts";

/** Keeps the event loop busy for a few milliseconds. */
function workFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

Deno.test("fairShare() pauses when work goes on without a gap, and does not pause after a gap", async () => {
  const pause = fairShare();
  assertEquals(pause(), undefined);
  workFor(6);
  // Work that waited for something else has given other connections their turn.
  assertEquals(pause(), undefined);
  workFor(6);
  const paused = pause(true);
  assert(paused instanceof Promise);
  await paused;
});
