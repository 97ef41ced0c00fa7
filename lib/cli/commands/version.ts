import { defineCommand } from "../command.ts";
import { versionLine } from "../../version.ts";

/** `claustrum version` and its classic twin. */
export function printVersion(): number {
  console.log(versionLine());
  return 0;
}

export default defineCommand({
  usage: "version",
  about: "Prints the version.",
  flags: {},
  exitCodes: "0",
  examples: [],
  run: () => Promise.resolve(printVersion()),
});
