/**
 * Text that agents and programs wrote, made safe for a terminal and fitted into its columns.
 *
 * @module
 */

const ESC = "\x1b";
/** Whole escape sequences: colours, cursor movements, window titles, links. */
const ESCAPE_SEQUENCES = new RegExp(
  [
    `(?:${ESC}\\[|\x9b)[0-?]*[ -/]*[@-~]`,
    `${ESC}\\][^\x07${ESC}\x9c]*(?:\x07|${ESC}\\\\|\x9c)`,
    `${ESC}[PX^_][^${ESC}\x9c]*(?:${ESC}\\\\|\x9c)`,
    `${ESC}[ -/]*[0-OQ-WYZ\`-~]`,
  ].join("|"),
  "g",
);
/** Control characters, line separators, and what changes the direction of the text around it. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const TAB = "    ";

/** Characters that take no column: combining marks, joiners, variation selectors. */
const NO_COLUMN = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Characters that take two columns: those of East Asian scripts, and emoji. */
const TWO_COLUMNS =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;
const PRINTABLE_ASCII = /^[ -~]*$/;

/**
 * Shows every control character in a visible form, such as `^[`, so that none reaches the terminal. Newlines and tabs
 * stay. It works character by character: pieces of a text can be converted one after the other.
 */
export function showControls(text: string): string {
  return text.replaceAll(
    CONTROLS,
    (character) => character === "\n" || character === "\t" ? character : name(character),
  );
}

/**
 * Removes escape sequences, and shows what is left of control characters in a visible form. Tabs become spaces, and a
 * carriage return ends a line.
 */
export function stripControls(text: string): string {
  return showControls(text.replaceAll(ESCAPE_SEQUENCES, "").replaceAll(/\r\n?/g, "\n")).replaceAll("\t", TAB);
}

function name(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20 || code === 0x7f) return `^${String.fromCharCode(code ^ 0x40)}`;
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Converts a text to one line: white space of any kind becomes one space, and controls are stripped. */
export function toOneLine(text: string): string {
  return stripControls(text).replaceAll(/\s+/g, " ").trim();
}

/** How many columns a line takes on a terminal. */
export function displayWidth(line: string): number {
  if (PRINTABLE_ASCII.test(line)) return line.length;
  let width = 0;
  for (const character of line) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (NO_COLUMN.test(character)) return 0;
  return TWO_COLUMNS.test(character) ? 2 : 1;
}

/** Cuts a line to a number of columns, and ends it with `…` if something is missing. */
export function cutToWidth(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  return `${headOf(line, Math.max(0, columns - 1))}…`;
}

/** The longest beginning of a line that fits. */
function headOf(line: string, columns: number): string {
  let [head, width] = ["", 0];
  for (const character of line) {
    width += characterWidth(character);
    if (width > columns) break;
    head += character;
  }
  return head;
}

/**
 * Breaks a text into lines that fit: between words, or within a word that is longer than a line.
 *
 * @param columns The width; `Infinity` keeps the lines as they are.
 */
export function wrapText(text: string, columns: number): string[] {
  const lines = text.split("\n");
  return columns === Infinity ? lines : lines.flatMap((line) => wrapLine(line, Math.max(1, columns)));
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = [];
  let rest = line;
  for (let head = headOf(rest, columns); head.length < rest.length; head = headOf(rest, columns)) {
    // A character that is wider than the terminal gets a line of its own.
    if (head === "") head = String.fromCodePoint(rest.codePointAt(0)!);
    const words = /\s/.test(rest[head.length] ?? " ") ? head : head.replace(/\S+$/, "");
    const part = words.trim() === "" ? head : words;
    lines.push(part.trimEnd());
    rest = rest.slice(part.length).trimStart();
  }
  return rest === "" && lines.length > 0 ? lines : [...lines, rest];
}

/** Ways to make text stand out. */
export type Emphasis = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const CODES: Readonly<Record<Emphasis, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Makes a text stand out on a terminal. */
export function emphasize(text: string, emphasis: Emphasis): string {
  const [on, off] = CODES[emphasis];
  return `${ESC}[${on}m${text}${ESC}[${off}m`;
}

/** Whether colours may be printed on a stream: it is a terminal that has some, and `NO_COLOR` is not set. */
export function allowsColor(stream: { isTerminal(): boolean }): boolean {
  return stream.isTerminal() && !Deno.noColor && Deno.env.get("TERM") !== "dumb";
}
