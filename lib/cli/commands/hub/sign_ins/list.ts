import { defineHubCommand } from "../../../hub_command.ts";
import { formatSignIns } from "../../../hub_text.ts";
import { columnsOf } from "../../../terminal.ts";

export default defineHubCommand({
  usage: "hub sign-ins [list]",
  about: "Lists the browsers that have signed in, the one that was used last first.",
  flags: {},
  examples: ["claustrum hub sign-ins"],
  async run({ connect, printResult }) {
    await using client = await connect();
    const signIns = await client.call("sign_ins.list", {});
    printResult(signIns, () => formatSignIns(signIns, { columns: columnsOf(Deno.stdout), now: Date.now() }));
    return 0;
  },
});
