/**
 * Finds what the user names by an id, the beginning of an id, or a position in a list.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";

/** The shortest beginning of an id that is accepted, so that none is mistaken for a position. */
const MIN_PREFIX = 4;

/** Finds the item that a text names by its id or a unique beginning of it. */
export function findById<T extends { readonly id: string }>(items: readonly T[], text: string): T | undefined {
  const exact = items.find(({ id }) => id === text);
  if (exact !== undefined || text.length < MIN_PREFIX) return exact;
  const found = items.filter(({ id }) => id.startsWith(text));
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Finds the item that a text names by its id, a unique beginning of it, or its position from 1.
 *
 * @param what What the items are, for the error.
 * @throws {ClaustrumError} If there is none.
 */
export function chooseItem<T extends { readonly id: string }>(items: readonly T[], text: string, what: string): T {
  const item = findById(items, text) ?? (/^[1-9]\d{0,2}$/.test(text) ? items[Number(text) - 1] : undefined);
  if (item === undefined) throw new ClaustrumError(`there is no ${what} "${text}"`);
  return item;
}
