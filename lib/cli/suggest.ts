/**
 * "Did you mean", for words that are nearly right.
 *
 * @module
 */

/** Further apart than a third of its letters, a word is not the one that was meant. */
const MAX_DISTANCE = 1 / 3;

/** What to say behind a word that is not known: the nearest that is, or where to look. */
export async function suggestion(word: string, known: readonly string[]): Promise<string> {
  const { closestString } = await import("@std/text/closest-string");
  const { levenshteinDistance } = await import("@std/text/levenshtein-distance");
  const closest = closestString(word, known) as string;
  const isNear = levenshteinDistance(word, closest) <= Math.max(1, Math.ceil(closest.length * MAX_DISTANCE));
  return isNear ? `: did you mean ${closest}?` : ": see claustrum help";
}
