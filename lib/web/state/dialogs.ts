/**
 * The dialogs that several parts of the page open.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";

/** Whether the dialog for a new session is open, and the directory and the host it begins with. */
export const newSession: Signal<{ readonly path: string; readonly host: string } | undefined> = signal(undefined);

/**
 * Opens the dialog for a new session.
 *
 * @param path The directory that it begins with. @default {the one that was used last}
 * @param host The name of the host that it begins with. @default {the hub itself}
 */
export function openNewSession(path = "", host = ""): void {
  newSession.value = { path, host };
}

/** The dialog that makes a key for a host, while it is open; it stays open over everything that changes the host. */
export const newHostKey: Signal<{ readonly name: string; readonly replaces: boolean } | undefined> = signal(undefined);
