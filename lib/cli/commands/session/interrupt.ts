import { defineHubCommand } from "../../hub_command.ts";

export default defineHubCommand({
  usage: "session interrupt NAME",
  about: "Interrupts the turn of the agent. The next prompt that waits is sent then.",
  flags: {},
  examples: ["claustrum session interrupt web"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const result = await client.call("session.interrupt", { session_name: name });
    printResult(result, () => "interrupted");
    return 0;
  },
});
