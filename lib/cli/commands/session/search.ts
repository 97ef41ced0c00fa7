import { defineHubCommand } from "../../hub_command.ts";
import { formatFound } from "../../session_text.ts";
import { columnsOf } from "../../terminal.ts";

export default defineHubCommand({
  usage: "session search TEXT [--limit N] [--rank]",
  about: "Searches what people and agents said, and what tools were called with; the newest first.",
  flags: {
    limit: { kind: "integer", value: "N", help: "print at most N events" },
    rank: { kind: "boolean", help: "print what matches best first" },
  },
  examples: ["claustrum session search 'login page'", "claustrum session search --rank 'flaky test'"],
  arity: { least: 1, most: 1 },
  async run({ flags: { limit, rank }, args: [query = ""], connect, printResult }) {
    await using client = await connect();
    const found = await client.call("events.search", { query, rank, ...(limit === undefined ? {} : { limit }) });
    const sessions = await client.call("sessions.list", {});
    const names = new Map(sessions.map(({ id, name }) => [id, name]));
    printResult(found, () => formatFound(found, names, { columns: columnsOf(Deno.stdout), now: Date.now() }));
    return 0;
  },
});
