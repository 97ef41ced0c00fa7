import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Conversation } from "../../../lib/web/state/conversation.ts";
import { conversationMarkdown, sessionMarkdown } from "../../../lib/web/state/conversation_markdown.ts";
import { EventMaker } from "../helpers/events.ts";

function markdownOf(maker: EventMaker): string {
  const conversation = new Conversation();
  conversation.append(maker.events);
  return conversationMarkdown(conversation.entries);
}

Deno.test("conversationMarkdown() writes who said what, and what tools did", () => {
  const maker = new EventMaker();
  maker.prompt("p", "Make it");
  maker.assistant([{ type: "thinking", thinking: "How?" }]);
  maker.calls("t", "Bash", { command: "make" });
  maker.returns("t", "\x1b[32mmade\x1b[0m");
  maker.says("It is **made**.");
  maker.result();
  assertEquals(
    markdownOf(maker),
    [
      "## Prompt\n\nMake it",
      "> How?",
      "**Bash** `make`\n\n```sh\nmake\n```\n\n```\nmade\n```",
      "## Agent\n\nIt is **made**.\n",
    ].join("\n\n"),
  );
});

Deno.test("conversationMarkdown() lets nothing out of a fence", () => {
  const maker = new EventMaker();
  maker.calls("t", "Bash", { command: "cat `a` ``b``" });
  maker.returns("t", "```\nout\n````\n");
  const text = markdownOf(maker);
  assertStringIncludes(text, "**Bash** ``` cat `a` ``b`` ```");
  assertStringIncludes(text, "`````\n```\nout\n````\n`````");
});

Deno.test("sessionMarkdown() reads all pages", async () => {
  const maker = new EventMaker();
  for (let i = 0; i < 1_200; i++) maker.says(`answer ${i}`);
  const text = await sessionMarkdown(({ after, limit }) =>
    Promise.resolve(maker.events.filter(({ id }) => id > after).slice(0, limit))
  );
  assert(text.includes("answer 0\n") && text.includes("answer 1199\n"));
});
