/**
 * The parts of an event as people see them, and how they are laid out in a terminal.
 *
 * @module
 */

import type { SessionEvent } from "../sessions/types.ts";
import type { JsonObject } from "../system/json_fields.ts";
import { cutToWidth, type Emphasis, emphasize, stripControls, toOneLine, wrapText } from "./terminal_text.ts";

/** How parts are laid out. */
export interface PartLayout {
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
  /** Whether colours may be used. */
  readonly isColored: boolean;
}

/** A part of an event: a label, such as `agent`, and a text. */
export interface Part {
  readonly label: string;
  readonly text: string;
  readonly emphasis?: Emphasis;
  /** `one`: a line, cut to the width. `few`: the first lines. `all`: wrapped. `whole`: lines that are never cut. */
  readonly lines: "one" | "few" | "all" | "whole";
  /** Whether the text is emphasized too, and not only the label. */
  readonly isEmphasizedWhole?: boolean;
  /** Whether it belongs to the part before. */
  readonly isIndented?: boolean;
}

/** How many lines of a result or a thought are shown. */
const FOLDED_LINES = 5;
/** How much of a long text is looked at when only its first lines are shown, in characters. */
const FOLDED_CHARACTERS = 20_000;
const INDENT = "  ";
/** Narrower than this, text is not wrapped any further. */
const MIN_COLUMNS = 20;

/** Returns a part that is of little interest. */
export function dim(label: string, text: string): Part {
  return { label, text, lines: "one", emphasis: "dim", isEmphasizedWhole: true };
}

/** Returns a part that says what has failed. */
export function error(label: string, text: string): Part {
  return { label, text, lines: "all", emphasis: "red", isEmphasizedWhole: true };
}

/** Returns a part that a person has said. */
export function you(label: string, text: string): Part {
  return { label, text, lines: "all", emphasis: "bold" };
}

/** Returns the parts of an event of a kind that is not known. */
export function describeUnknown(payload: JsonObject, { type, subtype }: SessionEvent): readonly Part[] {
  const label = subtype === undefined ? type : `${type} ${subtype}`;
  return [dim(label, JSON.stringify(payload))];
}

/** Returns a part as one or more lines. Control characters in it become visible or are removed. */
export function layOut(part: Part, options: PartLayout): string {
  const indent = part.isIndented ? INDENT : "";
  const label = toOneLine(part.label);
  const [first = "", ...more] = linesOf(part, label, Math.max(MIN_COLUMNS, options.columns) - indent.length);
  const { emphasis } = part;
  const paint = (text: string) =>
    emphasis === undefined || !options.isColored || text === "" ? text : emphasize(text, emphasis);
  const head = part.isEmphasizedWhole
    ? paint(first)
    : paint(first.slice(0, label.length + 1)) + first.slice(label.length + 1);
  return [head, ...more.map((line) => part.isEmphasizedWhole ? paint(line) : line)]
    .map((line) => indent + line).join("\n");
}

function linesOf({ text, lines }: Part, label: string, columns: number): string[] {
  switch (lines) {
    case "one":
      return [cutToWidth(`${label}: ${toOneLine(text.slice(0, FOLDED_CHARACTERS))}`.trimEnd(), columns)];
    case "whole":
      return [`${label}: ${toOneLine(text)}`];
    case "all":
      return indented(wrapped(label, stripControls(text), columns));
    case "few": {
      const all = wrapped(label, stripControls(text.slice(0, FOLDED_CHARACTERS)), columns);
      const missing = all.length - FOLDED_LINES + text.slice(FOLDED_CHARACTERS).split("\n").length - 1;
      if (all.length <= FOLDED_LINES && text.length <= FOLDED_CHARACTERS) return indented(all);
      return indented([...all.slice(0, FOLDED_LINES), `… ${missing > 1 ? `${missing} more lines` : "more"}`]);
    }
  }
}

function wrapped(label: string, text: string, columns: number): string[] {
  return wrapText(`${label}: ${text.trimEnd()}`.trimEnd(), columns - INDENT.length);
}

function indented([first = "", ...more]: readonly string[]): string[] {
  return [first, ...more.map((line) => INDENT + line)];
}
