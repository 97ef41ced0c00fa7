/**
 * Formats the help of commands and groups (contract: Command line).
 *
 * @module
 */

import type { AnyCommand, CommandGroup, CommandTable, FlagSpec, Program } from "./command.ts";

const MAX_COLUMNS = 80;
/** If less than this remains beside the titles of a table, the texts are printed below the titles. */
const MIN_TEXT_COLUMNS = 24;

/**
 * Formats the help of a command.
 *
 * @param columns The width of the terminal.
 */
export function commandHelp(command: AnyCommand, columns: number): string {
  const { usage, about, flags, exitCodes, examples } = command;
  const width = Math.min(MAX_COLUMNS, columns);
  const rows = Object.entries(flags).map(([name, spec]) => [flagTitle(name, spec), spec.help] as const);
  const parts = [
    wrapUsage(`claustrum ${usage}`, width),
    ...about.split("\n\n").map((paragraph) => wrap(paragraph.replaceAll("\n", " "), width).join("\n")),
    formatRows([...rows, ["-h, --help", "show this help"]], width),
    wrap(`Exit code: ${exitCodes}.`, width).join("\n"),
    ...(examples.length === 0
      ? []
      : [["Examples:", ...examples.map((example) => `  ${wrapExample(example, width - 2)}`)].join("\n")]),
  ];
  return parts.join("\n\n");
}

/**
 * Formats the list of all commands.
 *
 * @param columns The width of the terminal.
 */
export function overview({ commands }: Program, columns: number): string {
  const width = Math.min(MAX_COLUMNS, columns);
  return `${
    wrap(
      "claustrum hosts processes on this machine. Clients can disconnect and reconnect without losing output.",
      width,
    ).join("\n")
  }

${formatRows(summaries(commands), width)}

Try:
  claustrum serve
  claustrum help serve`;
}

/**
 * Formats the help of a group.
 *
 * @param path The words of its name.
 * @param columns The width of the terminal.
 */
export function groupHelp(path: readonly string[], group: CommandGroup, columns: number): string {
  const { about, commands, defaultCommand } = group;
  const width = Math.min(MAX_COLUMNS, columns);
  const name = path.join(" ");
  const parts = [
    `claustrum ${name} ${defaultCommand === undefined ? "COMMAND" : "[COMMAND]"}`,
    wrap(about.replaceAll("\n", " "), width).join("\n"),
    formatRows([...summaries(commands), ["-h, --help", "show this help"]], width),
    ...(defaultCommand === undefined ? [] : [`Without COMMAND: claustrum ${name} ${defaultCommand}`]),
    `Try:\n  claustrum help ${name} ${defaultCommand ?? Object.keys(commands)[0]}`,
  ];
  return parts.join("\n\n");
}

function summaries(commands: CommandTable): [name: string, summary: string][] {
  return Object.entries(commands).map(([name, { summary }]) => [name, summary]);
}

function flagTitle(name: string, { value, short }: FlagSpec): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

function formatRows(rows: readonly (readonly [string, string])[], columns: number): string {
  const width = Math.max(...rows.map(([title]) => title.length)) + 2;
  const room = columns - width - 2;
  if (room < MIN_TEXT_COLUMNS) {
    return rows.flatMap(([title, text]) => [`  ${title}`, ...wrap(text, columns - 4).map((line) => `    ${line}`)])
      .join("\n");
  }
  return rows.flatMap(([title, text]) =>
    wrap(text, room).map((line, i) => `  ${(i === 0 ? title : "").padEnd(width)}${line}`)
  ).join("\n");
}

/** Breaks a usage between arguments; what is in brackets stays together. */
function wrapUsage(usage: string, width: number): string {
  if (usage.length <= width) return usage;
  return wrap(usage, width - 4, usage.match(/\[[^\]]*\]|\S+/g) ?? []).join("\n    ");
}

/** Breaks a command line between words, so that a shell still reads it as one; what is in quotes stays together. */
function wrapExample(example: string, width: number): string {
  if (example.length <= width) return example;
  return wrap(example, width - 4, example.match(/(?:'[^']*'|[^\s'])+/g) ?? []).join(" \\\n      ");
}

function wrap(text: string, width: number, words: readonly string[] = text.split(" ")): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
