/**
 * Splitting the value of a launcher into the words of a command: a JSON list, or words in which double quotes group
 * (contract: The managed launcher).
 *
 * @module
 */

/** The command of a launcher, or why the value names none. */
export type SplitLauncher =
  /** The words. The first one is not empty. */
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** The value is refused. */
  | { readonly kind: "refused"; readonly reason: string };

/** The value is set, but names nothing. */
const NO_LAUNCHER = "the value is set but contains no launcher — unset it to run without one, " +
  "or set it to the absolute path of your launcher";
const EMPTY_ELEMENT = "the JSON array contains an empty element — remove it, " +
  "or fill in the value it was a placeholder for";
const EMPTY_WORD = 'the value contains an empty `""` token — remove it, ' +
  "or fill in the value it was a placeholder for";
const NOT_STRINGS = "JSON form must be an array of strings";
const NOT_JSON = "value starts with `[` but is not valid JSON";
const SHELL_CHARACTER = "the value contains an unquoted shell metacharacter (one of ; | & $ ( ) ` < >) — " +
  "it is an argv list, not a shell command";
const OPEN_QUOTE = "unterminated double quote";

const BLANK = /[ \t\r\n]/;
const SHELL_CHARACTERS: ReadonlySet<string> = new Set([";", "|", "&", "$", "(", ")", "`", "<", ">"]);

/** Splits the value of a launcher. */
export function splitLauncher(value: string): SplitLauncher {
  const text = value.trim();
  return text.startsWith("[") ? splitList(text) : splitWords(text);
}

function refused(reason: string): SplitLauncher {
  return { kind: "refused", reason };
}

/** Returns what is wrong with the words of a list; `undefined` if they can be a command. */
export function listProblem(words: readonly unknown[]): string | undefined {
  const problem = wordsProblem(words);
  if (problem === undefined) return undefined;
  return problem === "none" ? NO_LAUNCHER : EMPTY_ELEMENT;
}

function splitList(text: string): SplitLauncher {
  const list = tryParseList(text);
  if (list === undefined) return refused(NOT_JSON);
  const problem = listProblem(list);
  if (problem !== undefined) return refused(problem);
  return isStrings(list) ? { kind: "words", words: list } : refused(NOT_STRINGS);
}

function isStrings(list: readonly unknown[]): list is readonly string[] {
  return list.every((element) => typeof element === "string");
}

/** Parses a list; anybody may have written it, so it may be nested too deeply for the parser. */
function tryParseList(text: string): readonly unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Returns whether the first word is missing, or a later one is empty. */
function wordsProblem(words: readonly unknown[]): "none" | "empty" | undefined {
  const [first, ...later] = words;
  if (first === undefined || first === "") return "none";
  return later.includes("") ? "empty" : undefined;
}

function splitWords(text: string): SplitLauncher {
  const { words, isOpen, hasShellCharacter } = readWords(text);
  // A quote that is not closed is not an empty word, but the beginning of one.
  const problem = wordsProblem(isOpen && words.at(-1) === "" ? words.with(-1, '"') : words);
  if (problem === "none") return refused(NO_LAUNCHER);
  if (problem === "empty") return refused(EMPTY_WORD);
  if (hasShellCharacter) return refused(SHELL_CHARACTER);
  return isOpen ? refused(OPEN_QUOTE) : { kind: "words", words };
}

interface ReadWords {
  readonly words: readonly string[];
  /** Whether the last quote is not closed. */
  readonly isOpen: boolean;
  readonly hasShellCharacter: boolean;
}

function readWords(text: string): ReadWords {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  let hasShellCharacter = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === '"') {
      isQuoted = !isQuoted;
      word ??= "";
    } else if (isQuoted && char === "\\" && (next === '"' || next === "\\")) {
      word += next;
      at++;
    } else if (!isQuoted && BLANK.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      hasShellCharacter ||= !isQuoted && SHELL_CHARACTERS.has(char);
      word = (word ?? "") + char;
    }
  }
  if (word !== undefined) words.push(word);
  return { words, isOpen: isQuoted, hasShellCharacter };
}
