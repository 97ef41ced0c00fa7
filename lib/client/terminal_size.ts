/**
 * The size of the terminal in which a process of the daemon runs. A short command there reads and sets it.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { TerminalError } from "./errors.ts";
import { runCommand } from "./run_command.ts";
import { checkSize, type TerminalSize, wordsInTerminal } from "./terminal_command.ts";
import * as darwin from "./terminal_darwin.ts";
import * as linux from "./terminal_linux.ts";

const FIND = `pid=$1 columns=$2 rows=$3
case $(uname) in
Linux)
${linux.FIND_DEVICE} ;;
*)
${darwin.FIND_DEVICE} ;;
esac
[ -n "$device" ] || exit`;

const READ = `${FIND}
stty size <"$device"`;

/** Two changes tell the program of a size that stays; between them it has time to notice the first. */
const RESIZE = `${FIND}
if [ "$(stty size <"$device")" = "$rows $columns" ]; then
  stty rows $((rows > 1 ? rows - 1 : 2)) <"$device"
  sleep 0.1
fi
stty rows "$rows" cols "$columns" <"$device"
stty size <"$device"`;

/**
 * Returns the size of the terminal of a process.
 *
 * @throws {TerminalError} If the process has no terminal, or has ended.
 */
export async function terminalSize(client: Client, id: string): Promise<TerminalSize> {
  return await run(client, id, READ, []);
}

/**
 * Changes the size of the terminal of a process. It is told also if the size stays as it is.
 *
 * @throws {TerminalError} If the process has no terminal, or has ended.
 * @throws {RangeError} If a terminal cannot have the size.
 */
export async function resizeTerminal(client: Client, id: string, size: TerminalSize): Promise<void> {
  const { columns, rows } = checkSize(size);
  await run(client, id, RESIZE, [String(columns), String(rows)]);
}

async function run(client: Client, id: string, text: string, words: readonly string[]): Promise<TerminalSize> {
  const { processes } = await client.call("process.list");
  const process = processes.find((one) => one.id === id);
  if (process === undefined) throw new TerminalError(`the daemon has no process "${id}"`);
  if (wordsInTerminal(process) === undefined) {
    throw new TerminalError(`process "${id}" has no terminal: start it with one`);
  }
  const cannot = `the terminal of process "${id}" cannot be reached`;
  if (!process.running) throw new TerminalError(`${cannot}: it has ended`);
  const args = ["-c", text, "sh", String(process.pid), ...words];
  const { stdout, stderr } = await runCommand(client, { command: "/bin/sh", args });
  const decoder = new TextDecoder();
  const [rows, columns] = decoder.decode(stdout).trim().split(" ").map(Number);
  if (rows !== undefined && columns !== undefined) return { columns, rows };
  throw new TerminalError(`${cannot}: ${decoder.decode(stderr).trim() || "it has just ended"}`);
}
