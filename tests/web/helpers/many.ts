import type { SessionEvent } from "../../../lib/sessions/types.ts";
import { EventMaker } from "./events.ts";

const WORDS = ["parser", "upload", "cache", "search", "billing", "login", "import", "charts", "mail", "backup"];
const VERBS = ["fix", "speed-up", "tidy", "test", "document", "rewrite", "review", "extend"];

/** Returns the events of sessions that are over, by name, as somebody has them after months. */
export function manySessions(count: number): Readonly<Record<string, readonly SessionEvent[]>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => {
    const maker = new EventMaker(idOf(i));
    maker.prompt(`prompt-${i}`, "Make it faster");
    maker.says("It is faster now.");
    maker.result();
    return [`${VERBS[i % 8]}-${WORDS[Math.floor(i / 8) % 10]}-${i}`, maker.events];
  }));
}

/**
 * Returns the events of a long conversation.
 *
 * @param count At least how many.
 */
export function longConversation(count: number): readonly SessionEvent[] {
  const maker = new EventMaker("5d3f2c1a-0000-4000-9000-000000000000");
  for (let turn = 1; maker.events.length < count; turn++) {
    maker.prompt(`long-${turn}`, `Step ${turn}: go through the next module and tidy it up.`);
    for (let i = 1; i <= 6; i++) {
      const call = `call-${turn}-${i}`;
      maker.calls(call, "Bash", { command: `grep -rn "TODO ${i}" src/module-${turn}` });
      maker.returns(call, `src/module-${turn}/index.ts:${i}:// TODO ${i}: handle the empty list\n`.repeat(i));
    }
    maker.says(
      `Module ${turn} has **${
        turn % 7
      } places** that needed work.\n\n- The list may be empty.\n- \`read()\` is awaited now.\n\n` +
        `\`\`\`ts\nfor (const entry of entries.slice(0, ${turn})) await read(entry);\n\`\`\``,
    );
    maker.result();
  }
  return maker.events;
}

function idOf(i: number): string {
  return `5d3f2c1a-0000-4000-8000-${String(i).padStart(12, "0")}`;
}
