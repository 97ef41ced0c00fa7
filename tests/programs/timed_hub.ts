/**
 * A hub's web address for measurements: however often somebody fails to sign in, they may try again at once. Its argument
 * is its configuration. It prints its address, and ends with its input.
 *
 * @module
 */

import { systemClock } from "../../lib/system/clock.ts";
import { hubWeb } from "../helpers/hub_web.ts";

/** Longer than failures to sign in are remembered, in milliseconds. */
const LEAP_MS = 3_600_000;

let elapsed = 0;
await using web = await hubWeb({
  config: Deno.args[0] ?? "",
  clock: { ...systemClock, elapsed: () => elapsed += LEAP_MS },
});
console.log(JSON.stringify({ url: web.url, token: web.token }));
await Deno.stdin.readable.pipeTo(new WritableStream());
