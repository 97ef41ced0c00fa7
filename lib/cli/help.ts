/**
 * Formats the help of commands and groups (contract: Command line).
 *
 * @module
 */

import type { AnyCommand, CommandGroup, CommandTable, FlagSpec, Program } from "./command.ts";
import { nextSteps } from "./next_steps.ts";

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
  const next = nextSteps(nameOf(usage)).map((step) => `claustrum ${step}`);
  const rows = Object.entries(flags).map(([name, spec]) => [flagTitle(name, spec), spec.help] as const);
  const parts = [
    wrapUsage(`claustrum ${usage}`, width),
    ...about.split("\n\n").map((paragraph) => wrap(paragraph.replaceAll("\n", " "), width).join("\n")),
    formatRows([...rows, ["-h, --help", "show this help"]], width),
    wrap(`Exit code: ${exitCodes}.`, width).join("\n"),
    ...(examples.length === 0
      ? []
      : [["Examples:", ...examples.map((example) => `  ${wrapExample(example, width - 2)}`)].join("\n")]),
    ...(next.length === 0 ? [] : [wrap("", width - 2, ["Next:", ...withCommas(next)]).join("\n  ")]),
  ];
  return parts.join("\n\n");
}

/** Returns the words of a command's name, with which its synopsis begins. */
export function nameOf(usage: string): string {
  // The command that a group runs by default is in brackets.
  const plain = usage.replaceAll(/\[([a-z-]+)\]/g, "$1");
  return /^[a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*(?![|\w-]))*/.exec(plain)?.[0] ?? "";
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
  claustrum run -- echo "it works"
  claustrum help run`;
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

function flagTitle(name: string, { value, short, isOptional }: FlagSpec): string {
  const given = isOptional ? `[=${value}]` : ` ${value}`;
  const long = value === undefined ? `--${name}` : `--${name}${given}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

function formatRows(rows: readonly (readonly [string, string])[], columns: number): string {
  const width = Math.max(...rows.map(([title]) => title.length)) + 2;
  const room = columns - width - 2;
  const longest = Math.max(...rows.flatMap(([, text]) => text.split(" ")).map((word) => word.length));
  if (room < Math.max(MIN_TEXT_COLUMNS, longest)) {
    return rows.flatMap(([title, text]) => [`  ${title}`, ...wrap(text, columns - 4).map((line) => `    ${line}`)])
      .join("\n");
  }
  return rows.flatMap(([title, text]) =>
    wrap(text, room).map((line, i) => `  ${(i === 0 ? title : "").padEnd(width)}${line}`)
  ).join("\n");
}

/** Breaks a usage between arguments; what is in brackets stays together if it fits. */
function wrapUsage(usage: string, width: number): string {
  if (usage.length <= width) return usage;
  const parts = usage.match(/\[(?:[^[\]]|\[[^\]]*\])*\]|\S+/g) ?? [];
  const words = parts.flatMap((part) => part.length > width - 4 ? part.split(" ") : part);
  return wrap(usage, width - 4, words).join("\n    ");
}

/** Breaks a command line between words, so that a shell still reads it as one; what is in quotes stays together. */
function wrapExample(example: string, width: number): string {
  if (example.length <= width) return example;
  return wrap(example, width - 4, example.match(/(?:'[^']*'|[^\s'])+/g) ?? []).join(" \\\n      ");
}

function withCommas(items: readonly string[]): string[] {
  return items.map((item, i) => i < items.length - 1 ? `${item},` : item);
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
