import { configFiles, readConfig } from "../../config/config_file.ts";
import { buildTime, readableVersion, versionId, versionLine } from "../../version.ts";
import { defineCommand } from "../command.ts";
import { print } from "../print.ts";

/** Prints the version as the classic spelling does. */
export async function printVersion(): Promise<number> {
  print(versionLine(await versionOverride()));
  return 0;
}

export default defineCommand({
  usage: "version [--json]",
  about: `Prints the version, and for a build its commit and time. claustrum -version prints what
the daemon reports to clients, which is the whole commit.`,
  flags: { json: { kind: "boolean", help: "print it as JSON" } },
  exitCodes: "0",
  examples: ["claustrum version --json | jq .version"],
  async run({ flags: { json } }) {
    const override = await versionOverride();
    const built = buildTime();
    const reports = override === "" ? versionId() : override;
    const facts = { version: readableVersion(), reports, ...(built === undefined ? {} : { built }) };
    // Who overrides the version wants all programs to see that one.
    if (json) print(JSON.stringify({ ...facts, runtime: Deno.version.deno }));
    else if (override !== "") print(versionLine(override));
    else print(`claustrum ${facts.version}${built === undefined ? "" : ` (built ${built})`}`);
    return 0;
  },
});

/** Warnings about the configuration are not printed here. */
async function versionOverride(): Promise<string> {
  return (await readConfig(configFiles(), () => {}))["version-override"] ?? "";
}
