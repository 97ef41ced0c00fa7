import { defineHubCommand } from "../../../hub_command.ts";

export default defineHubCommand({
  usage: "hub token revoke NAME",
  about: `Makes a named API token invalid at once. It ends the connections of those who have it,
and the sign-ins that were made with it. NAME may also be the token's id.`,
  flags: {},
  examples: ["claustrum hub token revoke phone"],
  arity: { least: 1, most: 1 },
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const done = await client.call("tokens.revoke", { token_name: name });
    printResult(done, () => `revoked ${name}`);
    return 0;
  },
});
