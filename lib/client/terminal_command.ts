/**
 * The command that runs another one in a terminal. To the daemon it is a process like any other: `script` has the
 * terminal, and passes stdin and output on.
 *
 * @module
 */

import * as darwin from "./terminal_darwin.ts";
import * as linux from "./terminal_linux.ts";

/** The size of a terminal. */
export interface TerminalSize {
  /** The number of characters in a line. */
  readonly columns: number;
  /** The number of lines. */
  readonly rows: number;
}

/** The size of a terminal where nobody looks. */
export const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };
/** The largest number of lines or columns that a terminal can have. */
const MAX_SIZE = 65_535;
/** The program that gives terminals; the process of a command in a terminal becomes it. */
export const TERMINAL_PROGRAM = "script";
/** What tells a command of this module from others. */
const MARK = "claustrum-terminal";
/** How many arguments come before the words of the command: `-c`, the text, the mark and the size. */
const ARGUMENTS_BEFORE = 5;

/** What runs in the terminal before the command. `script` starts without a size, and may have switched off the echo. */
const BEGIN = `stty sane rows "$2" cols "$1"; stty iutf8 2>/dev/null; shift 2; exec "$@"`;
const OPEN = `command -v script >/dev/null || {
  echo "a terminal needs the program script, which is missing here: install util-linux or bsdutils" >&2
  exit 127
}
set -- /bin/sh -c '${BEGIN}' claustrum "$@"
case $(uname) in
Linux)
${linux.OPEN_TERMINAL} ;;
*)
${darwin.OPEN_TERMINAL} ;;
esac`;

/**
 * Returns the command that runs another one in a terminal.
 *
 * @param words The command and its arguments.
 * @param size The size of the terminal at the beginning.
 * @throws {RangeError} If the terminal would have no line or no column, or too many.
 */
export function terminalCommand(
  words: readonly string[],
  size: TerminalSize,
): { readonly command: string; readonly args: readonly string[] } {
  const { columns, rows } = checkSize(size);
  return { command: "/bin/sh", args: ["-c", OPEN, MARK, String(columns), String(rows), ...words] };
}

/** Returns what runs in the terminal of a process; `undefined` if it has none. */
export function wordsInTerminal(
  { command, args }: { readonly command: string; readonly args: readonly string[] },
): readonly string[] | undefined {
  return command === "/bin/sh" && args[2] === MARK ? args.slice(ARGUMENTS_BEFORE) : undefined;
}

/**
 * Returns a size as it is.
 *
 * @throws {RangeError} If a terminal cannot have it.
 */
export function checkSize(size: TerminalSize): TerminalSize {
  for (const [name, number] of Object.entries({ columns: size.columns, rows: size.rows })) {
    if (Number.isInteger(number) && number >= 1 && number <= MAX_SIZE) continue;
    throw new RangeError(`Cannot make a terminal of ${number} ${name}: the number is not between 1 and ${MAX_SIZE}`);
  }
  return size;
}
