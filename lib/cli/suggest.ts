/**
 * Suggests the command or flag that a mistyped word probably means.
 *
 * @module
 */

/** The largest edit distance for a suggestion, as a share of the length of the suggested word. */
const MAX_DISTANCE = 1 / 3;

/** A word that may be suggested. */
export interface Candidate {
  /** The word. */
  readonly name: string;
  /** Whether it ends processes. It is then suggested only for a typo. */
  readonly isDestructive?: boolean | undefined;
}

/**
 * Formats the end of an error message about an unknown word.
 *
 * @param word The unknown word.
 * @param known The known words.
 * @param help The command that lists the known words.
 * @returns A suggestion, or a pointer to the help if no known word is similar.
 */
export async function suggestion(
  word: string,
  known: readonly Candidate[],
  help: string = "claustrum help",
): Promise<string> {
  const { closestString } = await import("@std/text/closest-string");
  const { levenshteinDistance } = await import("@std/text/levenshtein-distance");
  const meant = known.find(({ name }) => isTypo(word, name));
  if (meant !== undefined) return `: did you mean ${meant.name}?`;
  const harmless = known.filter(({ isDestructive }) => !isDestructive).map(({ name }) => name);
  const closest = closestString(word, harmless) as string;
  const isNear = levenshteinDistance(word, closest) <= Math.max(1, Math.ceil(closest.length * MAX_DISTANCE));
  return isNear ? `: did you mean ${closest}?` : `: see ${help}`;
}

/**
 * Whether a word is a typo of another one: the same first letter, and then two letters swapped, one left out or one
 * doubled. A wrong letter does not count, because `step` and `shop` may be meant.
 */
function isTypo(word: string, meant: string): boolean {
  if (word[0] !== meant[0]) return false;
  return [...meant].some((letter, i) => {
    const [before, after] = [meant.slice(0, i), meant.slice(i + 1)];
    const swapped = before + after.slice(0, 1) + letter + after.slice(1);
    return [swapped, before + after, before + letter + letter + after].includes(word);
  });
}
