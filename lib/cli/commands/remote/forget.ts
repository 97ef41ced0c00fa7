import { defineHubCommand } from "../../hub_command.ts";

export default defineHubCommand({
  usage: "remote forget NAME",
  about: "Forgets a stopped instance and removes its log. NAME is its whole name or id.",
  flags: {},
  examples: ["claustrum remote forget web"],
  arity: { least: 1, most: 1 },
  completes: "instances",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const result = await client.call("instances.forget", { instance_id: name });
    printResult(result, () => "forgotten");
    return 0;
  },
});
