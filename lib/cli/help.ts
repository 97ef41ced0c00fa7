/**
 * What the commands say of themselves (daemon 1).
 *
 * @module
 */

import type { AnyCommand, FlagSpec, Program } from "./command.ts";

const COLUMNS = 80;

/** The help of a command. */
export function commandHelp(command: AnyCommand): string {
  const { usage, about, flags, exitCodes, examples } = command;
  const rows = Object.entries(flags).map(([name, spec]) => [flagTitle(name, spec), spec.help] as const);
  const parts = [
    `claustrum ${usage}`,
    about,
    table([...rows, ["-h, --help", "show this"]]),
    `Exit code: ${exitCodes}.`,
    ...(examples.length === 0 ? [] : [["Examples:", ...examples.map((example) => `  ${example}`)].join("\n")]),
  ];
  return parts.join("\n\n");
}

/** What claustrum says when it is asked nothing in particular. */
export function overview({ summaries }: Program): string {
  return `claustrum hosts processes on this machine and lets clients come and go.

${table(Object.entries(summaries))}

Try:
  claustrum serve
  claustrum help serve`;
}

function flagTitle(name: string, { value, short }: FlagSpec): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([title]) => title.length)) + 2;
  return rows.flatMap(([title, text]) =>
    wrap(text, COLUMNS - width - 2).map((line, i) => `  ${(i === 0 ? title : "").padEnd(width)}${line}`)
  ).join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
