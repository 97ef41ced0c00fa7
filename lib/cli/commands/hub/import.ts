import { ConfigError } from "../../../hub/config_entry.ts";
import { errnoCode, errnoText } from "../../../system/errno.ts";
import { readUpTo } from "../../../system/io.ts";
import { NotRegularError, openRegularFile } from "../../../system/regular_file.ts";
import { defineCommand } from "../../command.ts";
import { print, printMessage } from "../../print.ts";

/** The most bytes that are read of a file; no configuration is larger. */
const MAX_BYTES = 1 << 20;

export default defineCommand({
  usage: "hub import FILE",
  about: `Reads the configuration of another program and prints what it means in hub.toml. It
knows clauster.yml of clauster, with the variables CLAUSTER_… that are set, and config.yaml
and server.yaml of CCRM. What has no counterpart is named in comments, and on stderr if
stdout is not a terminal.`,
  flags: {},
  exitCodes: "0 printed, 1 the file cannot be read or has a wrong value, 2 wrong arguments",
  examples: ["claustrum hub import ~/.clauster/clauster.yml", "claustrum hub import clauster.yml > hub.toml"],
  arity: { least: 1, most: 1 },
  async run({ args: [file = ""] }) {
    const { importConfig } = await import("../../../hub/foreign_config/import_config.ts");
    const { text, notes } = await importConfig({
      text: await readText(file),
      file,
      variables: { values: Deno.env.toObject(), readText },
      home: Deno.env.get("HOME"),
    });
    print(text.trimEnd());
    if (!Deno.stdout.isTerminal()) { for (const note of notes) printMessage(note); }
    return 0;
  },
});

async function readText(path: string): Promise<string> {
  try {
    await using file = await openRegularFile(path, { followsLinks: true });
    if (file.size > MAX_BYTES) throw new ConfigError(`${path} is too large: ${file.size} bytes`);
    return new TextDecoder().decode(await readUpTo(file, MAX_BYTES));
  } catch (error) {
    if (error instanceof NotRegularError) throw new ConfigError(`cannot read ${path}: ${error.message}`);
    if (errnoCode(error) === undefined) throw error;
    throw new ConfigError(`cannot read ${path}: ${errnoText(error)}`, { cause: error });
  }
}
