/**
 * Makes the bytes that bring an empty terminal to what tmux shows of a pane: the text, the cursor and the modes.
 *
 * @module
 */

import { concat } from "../system/io.ts";
import { decodeOctal } from "./tmux_control.ts";

/** How many lines above the screen are repainted. */
const HISTORY_LINES = 1_000;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const [ESCAPE, SHIFT_OUT, SHIFT_IN] = [0x1b, 0x0e, 0x0f];

/** What tmux tells of a pane, in the order in which it is asked. A number that it does not know is `NaN`. */
const FIELDS = [
  ...["pane_width", "pane_height", "history_size", "cursor_x", "cursor_y", "cursor_flag"],
  ...["scroll_region_upper", "scroll_region_lower", "origin_flag", "insert_flag", "wrap_flag"],
  ...["keypad_flag", "keypad_cursor_flag", "mouse_standard_flag", "mouse_button_flag", "mouse_all_flag"],
  ...["mouse_utf8_flag", "mouse_sgr_flag", "bracket_paste_flag"],
  ...["alternate_on", "alternate_saved_x", "alternate_saved_y"],
] as const;

/** The number behind each name of `FIELDS`. */
export type PaneFields = Readonly<Record<typeof FIELDS[number], number>>;

/** What tmux tells of a pane at one moment. */
export interface PaneSnapshot {
  /** To whom the pane belongs; see {@linkcode snapshotCommands}. */
  readonly owner: string;
  /** tmux's id of the window. */
  readonly window: string;
  /** The size, the cursor and the modes. */
  readonly fields: PaneFields;
  /** The lines above the screen. */
  readonly history: readonly Uint8Array[];
  /** The lines of the screen. */
  readonly screen: readonly Uint8Array[];
  /** The lines of the screen that returns when the program leaves the alternate one. */
  readonly saved: readonly Uint8Array[];
  /** The beginning of a control sequence whose end has not come yet. */
  readonly unfinished: Uint8Array;
}

/**
 * Returns the commands that tell all of a pane. Their replies are what {@linkcode readSnapshot} takes.
 *
 * @param pane tmux's id of the pane.
 * @param owner The name of the option that says to whom the pane belongs.
 */
export function snapshotCommands(pane: string, owner: string): string[] {
  const format = [`#{${owner}}`, "#{window_id}", ...FIELDS.map((name) => `#{${name}}`)].join(",");
  const capture = `capture-pane -p -e -N -t ${pane}`;
  return [
    `display-message -p -t ${pane} '${format}'`,
    `${capture} -S -${HISTORY_LINES} -E -1`,
    capture,
    `${capture} -a -q`,
    `capture-pane -p -P -C -t ${pane}`,
  ];
}

/**
 * Reads the replies to {@linkcode snapshotCommands}.
 *
 * @param replies The lines of each reply.
 */
export function readSnapshot(replies: readonly (readonly Uint8Array[])[]): PaneSnapshot {
  const [[facts = new Uint8Array()] = [], history = [], screen = [], saved = [], unfinished = []] = replies;
  const [owner = "", window = "", ...numbers] = DECODER.decode(facts).split(",");
  const fields = Object.fromEntries(FIELDS.map((name, i) => [name, parseField(numbers[i])])) as PaneFields;
  return {
    ...{ owner, window, fields, screen },
    // Where there is no history, tmux answers with the first line of the screen; where nothing is saved, with a newline.
    history: fields.history_size > 0 ? history : [],
    saved: fields.alternate_on === 1 ? saved : [],
    unfinished: decodeOctal(concat(unfinished)),
  };
}

function parseField(text: string | undefined): number {
  return text === undefined || text === "" ? NaN : Number(text);
}

/**
 * Returns the bytes that show a snapshot.
 *
 * @param isFirst Whether the terminal may be in any state. Otherwise it keeps the modes that tmux knows nothing of, as
 * the program has set them meanwhile.
 */
export function repaint(snapshot: PaneSnapshot, { isFirst }: { readonly isFirst: boolean }): Uint8Array<ArrayBuffer> {
  const { fields, history, screen, saved, unfinished } = snapshot;
  const isAlternate = fields.alternate_on === 1;
  const rows = fields.pane_height;
  return join([
    begin(fields, isFirst),
    ...paint([history, isAlternate ? saved : screen], rows),
    ...(isAlternate ? enterAlternate(fields, screen) : []),
    "\x1b[m\x0f",
    ...placeCursor(fields, screen),
    end(fields),
    unfinished,
  ]);
}

/** Ends what is unfinished, and clears the terminal. */
function begin({ bracket_paste_flag: bracketPaste }: PaneFields, isFirst: boolean): string {
  return [
    // Ends any sequence.
    "\x18",
    ...(isFirst ? ["\x1bc"] : []),
    // Not every tmux tells. A paste that is sent line by line does harm; brackets that a program does not know do less.
    ...(isFirst || bracketPaste >= 0 ? [mode("?2004", bracketPaste !== 0)] : []),
    // The normal screen; no origin, no insertion, the whole screen scrolls, lines do not wrap, the cursor is hidden.
    ...["\x1b[?1049l", "\x1b[?6l", "\x1b[4l", "\x1b[r", "\x1b[?7l", "\x1b[?25l"],
    // Letters as usual, and line drawing after SO: programs expect that of a terminal that tmux is.
    ...["\x1b(B", "\x1b)0", "\x0f"],
    "\x1b[m\x1b[H\x1b[2J\x1b[3J",
  ].join("");
}

/** Writes lines from the top of the empty screen; those that find no room go to the lines above it. */
function paint(captures: readonly (readonly Uint8Array[])[], rows: number): (string | Uint8Array)[] {
  const parts: (string | Uint8Array)[] = [];
  let row = 0;
  for (const lines of captures) {
    // In a capture, the attributes of a line are those at the end of the line before, where they do not change.
    parts.push("\x1b[m\x0f");
    for (const line of lines) {
      // A new line has the background of the moment: it is to be the default one.
      if (row >= rows) parts.push(`\x1b7\x1b[m\x1b[${rows};1H\n\x1b8`);
      row = Math.min(row + 1, rows);
      parts.push(`\x1b[${row};1H`, line);
    }
  }
  return parts;
}

function enterAlternate(fields: PaneFields, screen: readonly Uint8Array[]): (string | Uint8Array)[] {
  const { alternate_saved_x: x, alternate_saved_y: y, pane_height: rows } = fields;
  // The terminal goes back to this place, with these attributes.
  return [`\x1b[m\x0f\x1b[${y + 1};${x + 1}H`, "\x1b[?1049h\x1b[2J", ...paint([screen], rows)];
}

/** Sets the scroll region and the cursor. */
function placeCursor(fields: PaneFields, screen: readonly Uint8Array[]): (string | Uint8Array)[] {
  const { pane_width: columns, pane_height: rows, cursor_x: x, cursor_y: y, wrap_flag: wraps } = fields;
  const { origin_flag: isOrigin, scroll_region_upper: upper, scroll_region_lower: lower } = fields;
  const parts: (string | Uint8Array)[] = [];
  if (upper > 0 || lower < rows - 1) parts.push(`\x1b[${upper + 1};${lower + 1}r`);
  const top = isOrigin === 1 ? upper : 0;
  parts.push(
    mode("?6", isOrigin === 1),
    mode("?7", wraps !== 0),
    `\x1b[${y - top + 1};${Math.min(x, columns - 1) + 1}H`,
  );
  const line = screen[y];
  if (x < columns || wraps === 0 || line === undefined) return parts;
  // The next letter goes to the next line: only writing the last column again brings that about.
  if (widthOf(line) < columns) return [...parts, " "];
  return [...parts, "\r", attributesAfter(screen.slice(0, y)), line, "\x1b[m\x0f"];
}

/** The letters that are two columns wide, as far as they are common. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|\p{Emoji_Presentation}/gu;

/** How many columns a line takes, almost always. */
function widthOf(line: Uint8Array): number {
  const text = DECODER.decode(line).replaceAll(/\p{Mark}/gu, "");
  const attributes = attributesOf(line).reduce((total, each) => total + each.length, 0);
  return [...text].length + (text.match(WIDE)?.length ?? 0) - attributes;
}

/** The sequences that set attributes in some lines. */
function attributesAfter(lines: readonly Uint8Array[]): Uint8Array {
  return concat(lines.flatMap((line) => attributesOf(line)));
}

function attributesOf(line: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let i = 0; i < line.length; i++) {
    if (line[i] === SHIFT_OUT || line[i] === SHIFT_IN) found.push(line.subarray(i, i + 1));
    if (line[i] !== ESCAPE || line[i + 1] !== 0x5b) continue;
    const end = line.indexOf(0x6d, i);
    if (end < 0) break;
    found.push(line.subarray(i, end + 1));
    i = end;
  }
  return found;
}

/** Sets the modes that tmux knows of. */
function end(fields: PaneFields): string {
  return [
    mode("4", fields.insert_flag === 1),
    fields.keypad_flag === 1 ? "\x1b=" : "\x1b>",
    mode("?1", fields.keypad_cursor_flag === 1),
    ...["\x1b[?1000l", "\x1b[?1002l", "\x1b[?1003l"],
    ...(fields.mouse_standard_flag === 1 ? [mode("?1000", true)] : []),
    ...(fields.mouse_button_flag === 1 ? [mode("?1002", true)] : []),
    ...(fields.mouse_all_flag === 1 ? [mode("?1003", true)] : []),
    mode("?1005", fields.mouse_utf8_flag === 1),
    mode("?1006", fields.mouse_sgr_flag === 1),
    mode("?25", fields.cursor_flag !== 0),
  ].join("");
}

function mode(name: string, isSet: boolean): string {
  return `\x1b[${name}${isSet ? "h" : "l"}`;
}

function join(parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return concat(parts.map((part) => typeof part === "string" ? ENCODER.encode(part) : part));
}
