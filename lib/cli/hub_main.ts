/**
 * The main module of the hub that the launcher starts. It does not import the rest of the command line, because the
 * runtime keeps every module of the import graph in memory for as long as the hub runs.
 *
 * @module
 */

import { defineCommand } from "./command.ts";
import { hubHere } from "./hub_here.ts";
import { HUB_START_FLAGS } from "./hub_request.ts";
import { parseInvocation } from "./parse.ts";

const command = defineCommand({
  usage: "hub start",
  about: "",
  flags: HUB_START_FLAGS,
  exitCodes: "",
  examples: [],
  run: ({ flags }) => hubHere(flags),
});

try {
  const [hub, start, ...args] = Deno.args;
  const invocation = await parseInvocation(`${hub} ${start}`, command, args);
  if (invocation === undefined) throw new TypeError("Cannot show help: this is the hub itself");
  const program = { commands: {}, isMain: () => true };
  // Exit at once: a request of a client that has disconnected may still be in progress.
  Deno.exit(await command.run(invocation, program));
} catch (error) {
  const { reportError } = await import("./report_error.ts");
  // The launcher prints the end of the log.
  Deno.exit(reportError(error, { isLog: true }));
}
