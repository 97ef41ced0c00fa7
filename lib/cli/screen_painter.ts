/**
 * Makes the bytes that show on one terminal what an emulator shows: the lines above the screen, the screen, and the
 * second screen if a program is on it.
 *
 * @module
 */

import type { IBuffer, IBufferCell, IBufferLine, Terminal } from "@xterm/headless";

/** Paints all that an emulator shows. The terminal has to have the emulator's size. */
export function paintScreen({ buffer, rows }: Terminal): string {
  const parts: string[] = [];
  const isAlternate = buffer.active.type === "alternate";
  // A program that has used the second screen only leaves the person's first screen as it is.
  if (!isAlternate || !isBlank(buffer.normal)) {
    // What the person saw before moves to the lines above the screen.
    parts.push(`\x1b[m\x1b[${rows};1H${"\n".repeat(rows)}\x1b[H\x1b[2J`);
    parts.push(paintLines(buffer.normal), placeCursor(buffer.normal));
  }
  if (isAlternate) parts.push("\x1b[?1049h\x1b[H\x1b[2J", paintLines(buffer.alternate), placeCursor(buffer.alternate));
  return parts.join("");
}

function isBlank(buffer: IBuffer): boolean {
  return Array.from({ length: buffer.length }, (_, i) => buffer.getLine(i)?.translateToString(true) ?? "")
    .every((line) => line === "");
}

function placeCursor(buffer: IBuffer): string {
  const { cursorX: x, cursorY: y, baseY } = buffer;
  const move = (column: number) => `\x1b[${y + 1};${column + 1}H`;
  const line = buffer.getLine(baseY + y);
  if (line === undefined || x < line.length) return move(x);
  // The next letter goes to the next line: only writing the last one again brings that about.
  const isWide = line.getCell(x - 1)?.getWidth() === 0;
  const cell = line.getCell(isWide ? x - 2 : x - 1);
  if (cell === undefined) return move(x);
  return `${move(isWide ? x - 2 : x - 1)}\x1b[0${styleOf(cell)}m${cell.getChars() || " "}\x1b[m`;
}

function paintLines(buffer: IBuffer): string {
  let text = "";
  for (let i = 0; i < buffer.length; i++) {
    const line = buffer.getLine(i);
    if (line === undefined) break;
    // A line that goes on in the next one wraps here, too.
    if (i > 0 && !line.isWrapped) text += "\r\n";
    text += paintLine(line, buffer.getLine(i + 1)?.isWrapped === true);
  }
  return text;
}

/** @param isWhole Whether to paint also the blank end of the line, so that the terminal wraps. */
function paintLine(line: IBufferLine, isWhole: boolean): string {
  let [text, style, painted] = ["", "", 0];
  for (let i = 0; i < line.length; i++) {
    const cell = line.getCell(i);
    // The second half of a wide character.
    if (cell === undefined || cell.getWidth() === 0) continue;
    const next = styleOf(cell);
    if (next !== style) text += `\x1b[0${next}m`;
    style = next;
    text += cell.getChars() || " ";
    if (cell.getChars() !== "" || next !== "" || isWhole) painted = text.length;
  }
  const kept = text.slice(0, painted);
  return kept.includes("\x1b") ? `${kept}\x1b[m` : kept;
}

/** The attributes that are not those of plain text, each after ";". */
function styleOf(cell: IBufferCell): string {
  if (cell.isAttributeDefault()) return "";
  const attributes: [number, number][] = [
    [cell.isBold(), 1],
    [cell.isDim(), 2],
    [cell.isItalic(), 3],
    [cell.isUnderline(), 4],
    [cell.isBlink(), 5],
    [cell.isInverse(), 7],
    [cell.isInvisible(), 8],
    [cell.isStrikethrough(), 9],
    [cell.isOverline(), 53],
  ];
  const codes = attributes.flatMap(([isSet, code]) => isSet ? [code] : []);
  if (!cell.isFgDefault()) codes.push(...colour(38, cell.getFgColor(), cell.isFgRGB()));
  if (!cell.isBgDefault()) codes.push(...colour(48, cell.getBgColor(), cell.isBgRGB()));
  return codes.map((code) => `;${code}`).join("");
}

function colour(kind: 38 | 48, value: number, isRgb: boolean): number[] {
  if (isRgb) return [kind, 2, value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff];
  // The first colours have codes of their own, which all terminals know.
  if (value < 8) return [kind - 8 + value];
  return value < 16 ? [kind + 52 + value - 8] : [kind, 5, value];
}
