import type { HubClient } from "../../../hub/hub_client.ts";
import type { AuditEntry } from "../../../hub/access_operation_types.ts";
import type { OperationParams } from "../../../hub/operation_types.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { formatAudit } from "../../hub_text.ts";
import { columnsOf } from "../../terminal.ts";

const DEFAULT_LIMIT = 100;
/** The most entries that the hub returns at once. */
const PAGE = 500;

export default defineHubCommand({
  usage: "hub audit [--limit N] [--who WHO] [--what OPERATION]",
  about: `Lists changes and who made them, the newest first: each operation that changes
anything, whether it was done or refused, and each attempt to sign in that was not
refused because of too many before it.`,
  flags: {
    limit: { kind: "integer", value: "N", help: `print at most N entries (default ${DEFAULT_LIMIT})` },
    who: { kind: "string", value: "WHO", help: "print only what this person or token did" },
    what: { kind: "string", value: "OPERATION", help: "print only this operation, such as session.stop" },
  },
  examples: ["claustrum hub audit --limit 20", "claustrum hub audit --what auth.sign_in --json"],
  async run({ flags: { limit = DEFAULT_LIMIT, who, what }, connect, printResult }) {
    await using client = await connect();
    const entries = await newestEntries(client, limit, { who, what });
    printResult(entries, () => formatAudit(entries, { columns: columnsOf(Deno.stdout) }));
    return 0;
  },
});

async function newestEntries(
  client: HubClient,
  limit: number,
  filter: Pick<OperationParams<"audit.list">, "who" | "what">,
): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  while (entries.length < limit) {
    const wanted = Math.min(PAGE, limit - entries.length);
    const page = await client.call("audit.list", { ...filter, limit: wanted, before: entries.at(-1)?.id });
    entries.push(...page);
    if (page.length < wanted) break;
  }
  return entries;
}
