import { defineHubCommand } from "../../hub_command.ts";

export default defineHubCommand({
  usage: "remote qr NAME",
  about: `Draws the link of an instance as a QR code, for the camera of a phone. Who has the link
can talk to the agents, if they have signed in to the same account.`,
  flags: {},
  examples: ["claustrum remote qr web"],
  arity: { least: 1, most: 1 },
  completes: "instances",
  async run({ args: [name = ""], connect, printResult }) {
    await using client = await connect();
    const code = await client.call("instance.qr", { instance_id: name });
    const { renderUnicodeCompact } = await import("uqr");
    printResult(code, () => `${renderUnicodeCompact(code.url, { ecc: "M", border: 2 })}\n${code.url}`);
    return 0;
  },
});
