/**
 * Waits for a termination signal, reports it, and then does not exit: for tests of the second signal.
 *
 * @module
 */

import { abortOnTermination } from "../../lib/cli/termination_signal.ts";

using termination = abortOnTermination();
termination.signal.addEventListener("abort", () => console.log("aborted", termination.exitCode));
console.log("ready");
setInterval(() => {}, 1_000);
await new Promise(() => {});
