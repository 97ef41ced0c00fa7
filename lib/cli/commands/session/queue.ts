import type { HubClient } from "../../../hub/hub_client.ts";
import { chooseItem } from "../../choose_id.ts";
import { defineHubCommand, type HubInvocation } from "../../hub_command.ts";
import { readPrompt } from "../../prompt_input.ts";
import { formatQueue } from "../../session_text.ts";
import { columnsOf } from "../../terminal.ts";
import { notOneOf, UsageError } from "../../usage_error.ts";

export default defineHubCommand({
  usage: "session queue NAME [edit ID TEXT|- | remove ID | move ID POSITION]",
  about: `Shows the prompts that wait for their turn, or changes them. ID is a prompt's id, the
beginning of it, or its position from 1.`,
  flags: {},
  examples: [
    "claustrum session queue web",
    "claustrum session queue web edit 1 'run only the unit tests'",
    "claustrum session queue web move 3 1",
  ],
  arity: { least: 1, most: 4 },
  completes: "sessions",
  async run(invocation) {
    const { args: [name = "", action, id, value] } = invocation;
    if (action === undefined) return await show(invocation, name);
    const change = await parseChange(action, id, value);
    await using client = await invocation.connect();
    const { queue } = await client.call("session.get", { session_name: name });
    const prompt = chooseItem(queue, id ?? "", "prompt in the queue");
    const result = await change.run(client, { session_name: name, prompt_id: prompt.id });
    invocation.printResult(result, () => change.done);
    return 0;
  },
});

async function show({ connect, printResult }: HubInvocation<Record<never, never>>, name: string): Promise<number> {
  await using client = await connect();
  const { queue } = await client.call("session.get", { session_name: name });
  printResult(queue, () => formatQueue(queue, { columns: columnsOf(Deno.stdout), now: Date.now() }));
  return 0;
}

/** A change of a prompt. */
interface Change {
  run(client: HubClient, prompt: { session_name: string; prompt_id: string }): Promise<unknown>;
  /** What to say afterwards. */
  readonly done: string;
}

async function parseChange(action: string, id: string | undefined, value: string | undefined): Promise<Change> {
  if (id === undefined) throw new UsageError(`session queue ${action} needs the id of a prompt`);
  switch (action) {
    case "edit": {
      if (value === undefined) throw new UsageError("session queue edit needs the new text");
      const prompt = await readPrompt(value);
      return { run: (client, target) => client.call("prompt.edit", { ...target, prompt }), done: "changed" };
    }
    case "remove":
      if (value !== undefined) {
        throw new UsageError(`session queue remove takes no argument "${value}": see claustrum help session queue`);
      }
      return { run: (client, target) => client.call("prompt.remove", target), done: "removed" };
    case "move": {
      const position = /^[1-9]\d{0,5}$/.test(value ?? "") ? Number(value) : undefined;
      if (position === undefined) throw new UsageError("session queue move needs a position from 1");
      return { run: (client, target) => client.call("prompt.move", { ...target, position }), done: "moved" };
    }
    default:
      throw notOneOf("session queue NAME", ["edit", "remove", "move"], action);
  }
}
