/**
 * Reads what programs print for a terminal: colours and weights as styles; what moves the cursor, or tells the terminal to
 * do something, is removed.
 *
 * @module
 */

/** A piece of text that looks the same. */
export interface StyledText {
  readonly text: string;
  /** The names of its styles, such as `ansi-red ansi-bold`; empty for none. */
  readonly style: string;
}

/** The most pieces that a text is split into; the rest is plain. */
const MAX_PIECES = 5_000;

const COLORS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/**
 * Matches what a terminal would act on: control sequences, strings for the terminal, other escapes, and single control
 * characters apart from tab and line feed. The first group has the parameters of a sequence that sets styles.
 */
const CONTROLS =
  // deno-lint-ignore no-control-regex -- control characters are what it looks for
  /(?:\x1b\[|\x9b)(?:([\d;:]*)m|[0-?]*[ -/]*[@-~]?)|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Splits a text by its styles. */
export function styledText(text: string): readonly StyledText[] {
  const pieces: StyledText[] = [];
  const styles = new Styles();
  const source = overwritten(text);
  let end = 0;
  const add = (piece: string) => {
    const last = pieces.at(-1);
    if (piece === "") return;
    if (last?.style === styles.names || pieces.length >= MAX_PIECES && last !== undefined) {
      pieces[pieces.length - 1] = { text: last.text + piece, style: last.style };
    } else pieces.push({ text: piece, style: styles.names });
  };
  for (const { 0: control, 1: parameters, index } of source.matchAll(CONTROLS)) {
    add(source.slice(end, index));
    end = index + control.length;
    if (parameters !== undefined) styles.apply(parameters);
  }
  add(source.slice(end));
  return pieces;
}

/** Removes everything that a terminal would act on. */
export function withoutControls(text: string): string {
  return overwritten(text).replace(CONTROLS, "");
}

/** A line that returns to its beginning is written over, as a progress bar is: its last state is kept. */
function overwritten(text: string): string {
  if (!text.includes("\r")) return text;
  return text.split("\n").map((line) => {
    let end = line.length;
    while (line[end - 1] === "\r") end--;
    return line.slice(end === 0 ? 0 : line.lastIndexOf("\r", end - 1) + 1, end);
  }).join("\n");
}

/** The styles that are in effect. */
class Styles {
  #color: string | undefined;
  readonly #others = new Set<"bold" | "dim" | "italic" | "underline">();
  names = "";

  apply(parameters: string): void {
    const codes = parameters.split(/[;:]/).map(Number);
    for (let i = 0; i < codes.length; i++) i += this.#applyOne(codes[i]!, codes.slice(i + 1, i + 5));
    this.names = [...(this.#color === undefined ? [] : [this.#color]), ...this.#others]
      .map((name) => `ansi-${name}`).join(" ");
  }

  /** Applies a code; returns how many of those that follow belong to it. */
  #applyOne(code: number, next: readonly number[]): number {
    if (code === 0) this.#reset();
    else if (code === 1) this.#others.add("bold");
    else if (code === 2) this.#others.add("dim");
    else if (code === 3) this.#others.add("italic");
    else if (code === 4) this.#others.add("underline");
    else if (code === 22) this.#drop("bold", "dim");
    else if (code === 23) this.#drop("italic");
    else if (code === 24) this.#drop("underline");
    else if (code === 39) this.#color = undefined;
    else if (code >= 30 && code <= 37) this.#color = COLORS[code - 30];
    else if (code >= 90 && code <= 97) this.#color = COLORS[code - 90];
    else if (code === 38 || code === 48) return this.#applyExtended(code === 38, next);
    return 0;
  }

  /** Many colours become the nearest of few ones, which can be read in both themes. Backgrounds are not shown. */
  #applyExtended(isText: boolean, [kind, first = 0, second = 0, third = 0]: readonly number[]): number {
    if (kind === 5) {
      if (isText) this.#color = fromPalette(first);
      return 2;
    }
    if (kind !== 2) return 0;
    if (isText) this.#color = nearest(first, second, third);
    return 4;
  }

  #reset(): void {
    this.#color = undefined;
    this.#others.clear();
  }

  #drop(...names: readonly ("bold" | "dim" | "italic" | "underline")[]): void {
    for (const name of names) this.#others.delete(name);
  }
}

function fromPalette(index: number): string | undefined {
  if (index < 16) return COLORS[index % 8];
  if (index >= 232) return index < 244 ? "black" : "white";
  const cube = index - 16;
  return nearest(Math.floor(cube / 36) * 51, Math.floor(cube / 6) % 6 * 51, cube % 6 * 51);
}

function nearest(red: number, green: number, blue: number): string | undefined {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) return most < 128 ? "black" : "white";
  const isHigh = (value: number) => value > (most + least) / 2 ? 1 : 0;
  return COLORS[isHigh(red) + isHigh(green) * 2 + isHigh(blue) * 4];
}
