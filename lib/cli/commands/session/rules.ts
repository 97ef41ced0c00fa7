import { chooseItem } from "../../choose_id.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { formatRules } from "../../session_text.ts";
import { columnsOf } from "../../terminal.ts";
import { notOneOf, UsageError } from "../../usage_error.ts";

export default defineHubCommand({
  usage: "session rules NAME [remove ID]",
  about: `Shows what was allowed for the whole session, or takes it back. ID is a rule's id, the
beginning of it, or its position from 1.`,
  flags: {},
  examples: ["claustrum session rules web", "claustrum session rules web remove 1"],
  arity: { least: 1, most: 3 },
  completes: "sessions",
  async run({ args: [name = "", action, id], connect, printResult }) {
    if (action !== undefined && action !== "remove") {
      throw notOneOf("session rules NAME", ["remove"], action);
    }
    if (action !== undefined && id === undefined) throw new UsageError("session rules remove needs the id of a rule");
    await using client = await connect();
    const rules = await client.call("session.rules", { session_name: name });
    if (id === undefined) {
      printResult(rules, () => formatRules(rules, { columns: columnsOf(Deno.stdout), now: Date.now() }));
      return 0;
    }
    const rule = chooseItem(rules, id, "rule");
    const result = await client.call("session.rule.remove", { session_name: name, rule_id: rule.id });
    printResult(result, () => "removed");
    return 0;
  },
});
