import type { JSX } from "preact";
import { entryMarkdown } from "../../state/conversation_markdown.ts";
import type { Toasts } from "../../state/toasts.ts";
import { copyText } from "../clipboard.ts";
import type { ConversationView } from "./conversation_view.ts";

/** What can be done with an entry. There are many entries: the conversation itself listens, see {@linkcode actOnEntry}. */
export function EntryActions(): JSX.Element {
  return (
    <div class="entry-actions no-print">
      <button type="button" class="entry-action copy" data-action="copy" aria-label="Copy" title="Copy" />
      <button type="button" class="entry-action link" data-action="link" aria-label="Copy link" title="Copy link" />
    </div>
  );
}

/** Does what a button of an entry says, if that is what was pressed. */
export async function actOnEntry(view: ConversationView, toasts: Toasts, target: EventTarget | null): Promise<void> {
  const button = target instanceof Element ? target.closest<HTMLElement>("[data-action]") : null;
  const key = button?.closest<HTMLElement>("article")?.dataset["key"];
  const entry = view.feed.conversation.entries.find((each) => each.key === key);
  if (button === null || entry === undefined) return;
  const isLink = button.dataset["action"] === "link";
  try {
    await copyText(isLink ? view.addressOf(entry.event) : entryMarkdown(entry));
    toasts.say(isLink ? "The link was copied." : "The text was copied.");
  } catch (error) {
    toasts.failure(error);
  }
}
