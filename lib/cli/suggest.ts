/**
 * "Did you mean", for words that are nearly right.
 *
 * @module
 */

/** Further apart than a third of its letters, a word is not the one that was meant. */
const MAX_DISTANCE = 1 / 3;

/** A word that may be suggested. */
export interface Candidate {
  /** The word. */
  readonly name: string;
  /** Whether doing it by mistake ends processes: then it is suggested for a slip of the fingers only. */
  readonly isDestructive?: boolean | undefined;
}

/**
 * What to say after a word that is not known.
 *
 * @param word What the user wrote.
 * @param known The words that there are.
 * @param help The command that lists them.
 * @returns The nearest that was probably meant, or where to look.
 */
export async function suggestion(
  word: string,
  known: readonly Candidate[],
  help: string = "claustrum help",
): Promise<string> {
  const { closestString } = await import("@std/text/closest-string");
  const { levenshteinDistance } = await import("@std/text/levenshtein-distance");
  const slip = known.find(({ name }) => isSlip(word, name));
  if (slip !== undefined) return `: did you mean ${slip.name}?`;
  const harmless = known.filter(({ isDestructive }) => !isDestructive).map(({ name }) => name);
  const closest = closestString(word, harmless) as string;
  const isNear = levenshteinDistance(word, closest) <= Math.max(1, Math.ceil(closest.length * MAX_DISTANCE));
  return isNear ? `: did you mean ${closest}?` : `: see ${help}`;
}

/**
 * Whether a word is another one with two letters swapped, one left out or one doubled, after the same first letter.
 * A wrong letter is no slip: `step` and `shop` are words of their own.
 */
function isSlip(word: string, meant: string): boolean {
  if (word[0] !== meant[0]) return false;
  return [...meant].some((letter, i) => {
    const [before, after] = [meant.slice(0, i), meant.slice(i + 1)];
    const swapped = before + after.slice(0, 1) + letter + after.slice(1);
    return [swapped, before + after, before + letter + letter + after].includes(word);
  });
}
