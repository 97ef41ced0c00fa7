/**
 * Counts with their nouns.
 *
 * @module
 */

/** Writes a count with its noun, such as `1 file` or `3 files`. */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
