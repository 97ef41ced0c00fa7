/**
 * Makes lines of a log fit to be shown: without escapes and control characters, and with ids and secrets masked.
 *
 * A secret is found in what a person would read, which is the text without escapes. So escapes are removed first, and the
 * places where something was removed count as boundaries of words: they may join a secret to the word before it.
 *
 * @module
 */

/** What stands in the place of a secret, after its prefix. */
const MASK = "***";

/** A kind of secret. */
interface SecretKind {
  /** Matches it, whatever stands before it; of what only counts at the beginning of a word, the first characters. */
  readonly pattern: string;
  /** Whether it only counts at the beginning of a word, and goes on up to the end of that. @default {false} */
  readonly isWord?: true;
}

/**
 * The kinds of secrets, each with a prefix that says which kind it is. Lines are long, and not of our making: no pattern
 * looks far ahead before it fails.
 */
const KINDS: readonly SecretKind[] = [
  // Ids of remote control work like passwords. A word of a program, such as `session_id`, is shorter or has no digit.
  { pattern: "(?:env|session|cse)_(?:[\\w-]{16}|(?=[a-z_-]{0,15}[A-Z0-9])[\\w-]{6})", isWord: true },
  { pattern: "github_pat_\\w{8,}" },
  { pattern: "gh[a-z]_[A-Za-z0-9]{8,}" },
  { pattern: "glpat-[\\w-]{8,}" },
  { pattern: "(?:AKIA|ASIA)[A-Z0-9]{12,}" },
  { pattern: "sk-[\\w-]{8}", isWord: true },
  { pattern: "xox[a-z]-[\\w-]{8,}" },
  // Our own API tokens.
  { pattern: "clst_[\\w-]{8,}" },
  // UUIDs of conversations, and of whatever else.
  { pattern: "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}" },
  { pattern: "[Bb][Ee][Aa][Rr][Ee][Rr](?:[ \\t]|%20)+[^\\s\"',;]+" },
  // JSON Web Tokens, and whatever else is JSON in base64.
  { pattern: "eyJ[\\w-]{8,}(?:\\.[\\w-]*){0,2}" },
];

/** The beginning of a secret that may stay, to say what it was. */
const PREFIX =
  /^(?:env_|session_|cse_|github_pat_|gh[a-z]_|glpat-|AKIA|ASIA|sk-|xox[a-z]-|clst_|bearer(?:[ \t]|%20)+)/i;

/** Matches where control characters or invisible ones may begin. */
// deno-lint-ignore no-control-regex -- These are what has to be found.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/**
 * Matches what is removed: control strings (OSC, DCS and others, up to their end or that of the line), sequences such as
 * colours, other escapes, and single characters that control the terminal or cannot be seen.
 */
const ESCAPES =
  // deno-lint-ignore no-control-regex -- These are what has to be found.
  /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A text without escapes. */
export interface PlainText {
  /** The text. */
  readonly text: string;
  /** The positions in it at which something was removed. */
  readonly joints: ReadonlySet<number>;
}

const NO_JOINTS: ReadonlySet<number> = new Set();

/** Removes escapes, control strings and control characters from lines; ends of lines and tabs stay. */
export function plainText(lines: string): PlainText {
  if (!CONTROL.test(lines)) return { text: lines, joints: NO_JOINTS };
  const joints = new Set<number>();
  let [text, from] = ["", 0];
  for (const { index, 0: { length } } of lines.matchAll(ESCAPES)) {
    text += lines.slice(from, index);
    joints.add(text.length);
    from = index + length;
  }
  return { text: text + lines.slice(from), joints };
}

/** Masks whole lines. */
export class LogMask {
  readonly #secrets: RegExp;

  /** @param secrets Texts that are masked wherever they stand, such as tokens of this program. */
  constructor(secrets: readonly string[] = []) {
    const given = secrets.filter((secret) => secret !== "").map((secret) => RegExp.escape(secret));
    const words = KINDS.filter(({ isWord }) => isWord).map(({ pattern }) => pattern);
    const others = KINDS.filter(({ isWord }) => !isWord).map(({ pattern }) => pattern);
    this.#secrets = new RegExp([...given, ...others, `(?<word>${words.join("|")})`].join("|"), "g");
  }

  /**
   * Returns lines without escapes, and with secrets masked.
   *
   * @param lines Whole lines: a secret that goes on in another text is not found.
   */
  mask(lines: string): string {
    const { text, joints } = plainText(lines);
    const secrets = this.#secrets;
    let [masked, from] = ["", 0];
    secrets.lastIndex = 0;
    for (let found = secrets.exec(text); found !== null; found = secrets.exec(text)) {
      const { index, 0: secret, groups } = found;
      if (groups?.["word"] !== undefined && !joints.has(index) && isInWord(text, index)) {
        // Another one may begin in what only looked like one.
        secrets.lastIndex = index + 1;
        continue;
      }
      masked += text.slice(from, index) + (PREFIX.exec(secret)?.[0] ?? "") + MASK;
      from = index + secret.length;
      if (groups?.["word"] !== undefined) from = endOfWord(text, from);
      secrets.lastIndex = from;
    }
    return masked + text.slice(from);
  }
}

function endOfWord(text: string, from: number): number {
  const rest = /[\w-]*/y;
  rest.lastIndex = from;
  rest.test(text);
  return rest.lastIndex;
}

/** Whether a letter or a digit stands before a position; what is joined by "_", such as `my_env_…`, may be a secret. */
function isInWord(text: string, at: number): boolean {
  return at > 0 && /[A-Za-z0-9]/.test(text[at - 1]!);
}
