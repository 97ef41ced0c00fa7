import { backUpStore } from "../../../store/backup.ts";
import { absolutePath } from "../../absolute_path.ts";
import { defineCommand } from "../../command.ts";
import { hubPathsOf } from "../../hub_connection.ts";
import { HUB_PLACE_FLAGS } from "../../hub_request.ts";
import { print } from "../../print.ts";

export default defineCommand({
  usage: "hub backup FILE [--force] [--state-dir DIR] [--json]",
  about: `Copies the hub's database into a file, also while the hub runs, and checks the copy.
It contains all sessions, and what was said in them: keep it like the hub's own files.
hub.toml and hub.token are not in it.`,
  flags: {
    ...HUB_PLACE_FLAGS,
    force: { kind: "boolean", help: "replace FILE if it is there" },
    json: { kind: "boolean", help: "print the result as JSON" },
  },
  exitCodes: "0 copied, 1 not copied, 2 wrong arguments",
  examples: ["claustrum hub backup ~/hub-$(date +%F).db"],
  arity: { least: 1, most: 1 },
  async run({ flags, args: [name = ""] }) {
    const file = absolutePath(name);
    const { bytes, version } = await backUpStore(hubPathsOf(flags).database, file, flags.force);
    print(flags.json ? JSON.stringify({ file, bytes, version }) : `wrote ${file} (${bytes} bytes), and checked it`);
    return 0;
  },
});
