/**
 * The dialogs that several parts of the page open.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";

/** Whether the dialog for a new session is open, and the directory it begins with. */
export const newSession: Signal<{ readonly path: string } | undefined> = signal(undefined);

/**
 * Opens the dialog for a new session.
 *
 * @param path The directory that it begins with. @default {the one that was used last}
 */
export function openNewSession(path = ""): void {
  newSession.value = { path };
}
