import { defineHubCommand } from "../../../hub_command.ts";
import { printMessage } from "../../../print.ts";

export default defineHubCommand({
  usage: "hub token create NAME [--read-only]",
  about: `Makes an API token and prints it. It is shown this once: the hub stores its hash
alone. Programs send it as Authorization: Bearer TOKEN.`,
  flags: { "read-only": { kind: "boolean", help: "allow only what changes nothing" } },
  examples: ["claustrum hub token create phone", "claustrum hub token create grafana --read-only"],
  arity: { least: 1, most: 1 },
  async run({ flags, args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const made = await client.call("tokens.create", { name, read_only: flags["read-only"] });
    printResult(made, () => made.token);
    if (!flags.json) printMessage(`keep the token now: it cannot be shown again`);
    return 0;
  },
});
