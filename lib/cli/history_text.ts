/**
 * Shows past conversations to people.
 *
 * @module
 */

import type { PastConversation, PastConversationPage } from "../projects/types.ts";
import { safeTable } from "./safe_table.ts";
import { formatAge } from "./table.ts";

/** Formats past conversations as a table. */
export function formatHistory(
  conversations: readonly PastConversation[],
  { columns, now }: { readonly columns: number; readonly now: number },
): string {
  if (conversations.length === 0) return "no conversations";
  const rows = conversations.map(({ id, title, turns, last_activity }) => [
    id,
    formatAge((now - Date.parse(last_activity)) / 1_000),
    String(turns),
    title,
  ]);
  return safeTable([["ID", "AGE", "TURNS", "TITLE"], ...rows], columns);
}

/** Formats a page of a past conversation. */
export function formatConversation({ page }: PastConversationPage): string {
  return page.map(({ role, text }) => role === "user" ? text.replaceAll(/^/gm, "> ") : text).join("\n\n");
}
