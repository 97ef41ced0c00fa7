import { defineHubCommand } from "../../../hub_command.ts";
import { formatTokens } from "../../../hub_text.ts";
import { columnsOf } from "../../../terminal.ts";

export default defineHubCommand({
  usage: "hub token list",
  about: "Lists the named API tokens: what each may do, and when it was last used.",
  flags: {},
  examples: ["claustrum hub token list"],
  async run({ connect, printResult }) {
    await using client = await connect();
    const tokens = await client.call("tokens.list", {});
    printResult(tokens, () => formatTokens(tokens, { columns: columnsOf(Deno.stdout), now: Date.now() }));
    return 0;
  },
});
