/**
 * Runs `claustrum bridge` and throws an error that nothing catches.
 *
 * Arguments: the socket, and the name of the error.
 *
 * @module
 */

import { main } from "../../cli.ts";

const ERRORS: Readonly<Record<string, () => void>> = {
  "rejected TypeError": () => void Promise.reject(new TypeError("odd")),
  "rejected NotFound": () => void Promise.reject(new Deno.errors.NotFound("odd")),
  "thrown RangeError": () =>
    void setTimeout(() => {
      throw new RangeError("odd");
    }),
  "rejected string": () => void Promise.reject("text"),
};

const [socket = "", name = ""] = Deno.args;
const done = main(["bridge", "--socket", socket]);
ERRORS[name]!();
await new Promise(() => setInterval(() => {}, 1_000));
await done;
