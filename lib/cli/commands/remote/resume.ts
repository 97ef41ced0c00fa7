import { defineHubCommand } from "../../hub_command.ts";
import { reportInstance, untilReady } from "../../remote_instance.ts";

export default defineHubCommand({
  usage: "remote resume NAME [--no-wait]",
  about: `Starts a stopped instance again as it was started before, waits until it is ready, and
prints its link. In a terminal the CLI goes on with the conversation.`,
  flags: {
    "confirm": { kind: "string", value: "PROJECT", help: "the project's name, to confirm that agents ask nobody" },
    "no-wait": { kind: "boolean", help: "do not wait until it is ready" },
  },
  exitCodes: "0 ready, 1 failed, 2 wrong arguments, 3 no hub could be reached",
  examples: ["claustrum remote resume web"],
  arity: { least: 1, most: 1 },
  completes: "instances",
  async run({ flags, args: [name = ""], connect }) {
    await using client = await connect();
    const started = await client.call("instances.resume", { instance_id: name, confirm: flags.confirm });
    const instance = flags["no-wait"] ? started : await untilReady(client, started);
    return reportInstance(instance, flags.json, "started");
  },
});
