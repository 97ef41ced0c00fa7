import { chooseItem } from "../../../choose_id.ts";
import { defineHubCommand } from "../../../hub_command.ts";

export default defineHubCommand({
  usage: "hub sign-ins revoke ID",
  about: `Signs a browser out at once. ID is what claustrum hub sign-ins prints, the beginning of
it, or its position in that list from 1.`,
  flags: {},
  examples: ["claustrum hub sign-ins revoke 1"],
  arity: { least: 1, most: 1 },
  async run({ args: [id = ""], connect, printResult }) {
    await using client = await connect();
    const { id: sign_in_id, user, address } = chooseItem(await client.call("sign_ins.list", {}), id, "sign-in");
    const done = await client.call("sign_ins.revoke", { sign_in_id });
    printResult(done, () => `signed out ${user} on ${address}`);
    return 0;
  },
});
