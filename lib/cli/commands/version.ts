import { configFiles, readConfig } from "../../config/config_file.ts";
import { defineCommand } from "../command.ts";
import { versionLine } from "../../version.ts";
import { print } from "../print.ts";

/** Prints the version, for both spellings. */
export async function printVersion(): Promise<number> {
  // Warnings about the configuration are not printed here.
  const settings = await readConfig(configFiles(), () => {});
  print(versionLine(settings["version-override"]));
  return 0;
}

export default defineCommand({
  usage: "version",
  about: "Prints the version.",
  flags: {},
  exitCodes: "0",
  examples: [],
  run: printVersion,
});
