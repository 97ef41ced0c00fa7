/**
 * What somebody has typed and not sent: it survives a reload, and a crash of the tab.
 *
 * @module
 */

/** How the keys in the browser's storage begin. */
const PREFIX = "claustrum.draft.";

/** Returns the draft of a session, or an empty text. */
export function readDraft(session: string, storage: Storage = localStorage): string {
  return storage.getItem(PREFIX + session) ?? "";
}

/** Keeps the draft of a session; an empty one is forgotten. */
export function keepDraft(session: string, text: string, storage: Storage = localStorage): void {
  if (text === "") return storage.removeItem(PREFIX + session);
  try {
    storage.setItem(PREFIX + session, text);
  } catch (error) {
    // A full storage must not keep anybody from typing.
    if (!(error instanceof DOMException)) throw error;
  }
}
