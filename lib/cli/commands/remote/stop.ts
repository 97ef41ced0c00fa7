import { defineHubCommand } from "../../hub_command.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "remote stop NAME",
  about: "Stops an instance: interrupts it, and kills it with all it has started if it does not end.",
  flags: {},
  examples: ["claustrum remote stop web"],
  arity: { least: 1, most: 1 },
  completes: "instances",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const instance = await client.call("instances.stop", { instance_id: name });
    printResult(instance, () => `stopped ${toOneLine(instance.name)}`);
    return 0;
  },
});
