import { CLI, type TestDaemon } from "./daemon.ts";
import { findProgram, needing } from "./program.ts";
import { openShell, type ShellTerminal } from "./shell_terminal.ts";

const CLAUSTRUM = `'${Deno.execPath()}' run -A --quiet '${CLI}'`;
/** The sizes of the windows: columns and rows. */
export const SIZES = [[100, 30], [60, 12], [132, 43]] as const;

/** Vim, whichever is installed. */
export const VIM = ["vim", "vim.tiny"].find((name) => findProgram(name) !== undefined) ?? "vim";

/** The packages of programs that are named differently. */
const PACKAGES: Readonly<Record<string, string>> = { script: "bsdutils", vim: "vim-tiny", top: "procps" };

/** Defines a test that needs a terminal, and programs to run in it. */
export function testInTerminal(name: string, programs: readonly string[], run: () => Promise<void>): void {
  const missing = ["tmux", "script", ...programs].filter((program) => findProgram(program) === undefined);
  Deno.test({
    ...needing(name, missing.length === 0, missing.map((name) => PACKAGES[name] ?? name).join(", ")),
    fn: run,
  });
}

/** Opens a view, and types a claustrum command there. */
export async function openWith(
  { directory, socket }: TestDaemon,
  command: string,
  [columns, rows]: readonly [number, number] = SIZES[0],
): Promise<ShellTerminal> {
  const view = await openShell({ home: directory, columns, rows });
  await view.type(`clear; ${CLAUSTRUM} ${command.replace(/^\w+/, `$& --socket ${socket}`)}; echo code $?`);
  return view;
}

/** Waits until the shell of a window has its terminal again, as it was. */
export async function comesBack(view: ShellTerminal, code?: number): Promise<void> {
  if (code !== undefined) await view.shows(new RegExp(`^code ${code}$`, "m"));
  await view.type("stty -a | tr ' ' '\\n' | grep -x -e '-*icanon' -e '-*opost' -e '-*echo' | xargs echo modes");
  await view.shows(/^modes opost icanon echo$/m);
}

/** Waits until the shell in a window has a terminal of some size. */
export async function hasSize(view: ShellTerminal, columns: number, rows: number): Promise<void> {
  await view.type(`until test "$(stty size)" = "${rows} ${columns}"; do sleep 0.02; done; echo the size`);
  await view.shows(/^the size$/m);
}

/** Asks the daemon for what `process.list` says of a process. */
export async function processOf(daemon: TestDaemon, id: string): Promise<Record<string, unknown> | undefined> {
  using client = await daemon.connect();
  const { result } = await client.call("process.list", {});
  return (result!.processes as Record<string, unknown>[]).find((process) => process.id === id);
}
