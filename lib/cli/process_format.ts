/**
 * The templates of `claustrum ps --format`: text with fields such as `{{.ID}}`, which people know from docker.
 *
 * @module
 */

import { wordsInTerminal } from "../client/terminal_command.ts";
import { shellQuote } from "../system/quote.ts";
import type { ProcessLoad } from "./process_load.ts";
import { describeCpu, describeMemory } from "./process_table.ts";
import { commandWords, describeRestarts, describeState, isOfHub, type ListedProcess, showId } from "./process_text.ts";
import { formatBytes } from "./progress_bar.ts";
import { safeTable } from "./safe_table.ts";
import { formatAge } from "./table.ts";
import { showControls } from "./terminal_text.ts";
import { notOneOf } from "./usage_error.ts";

/** What is known of a process. */
export interface FormattedProcess {
  /** What the daemon lists. */
  readonly process: ListedProcess;
  /** What it uses; `undefined` if it was not measured. */
  readonly load?: ProcessLoad | undefined;
  /** Its own environment variables; only `{{.Run}}` needs them. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Whether it gets hardly any other variables; only `{{.Run}}` needs it. @default {false} */
  readonly cleanEnv?: boolean | undefined;
  /** Whether the user has chosen the path of its log; only `{{.Run}}` needs it. @default {false} */
  readonly isLogChosen?: boolean | undefined;
}

/** Where and when processes are formatted. */
export interface FormatContext {
  /** The arguments by which the daemon is found, if it is not the default one. */
  readonly socketArguments: readonly string[];
  /** The width of the terminal; `Infinity` if stdout is none. */
  readonly columns: number;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

type Field = (known: FormattedProcess, context: FormatContext) => string;

const FIELDS: Readonly<Record<string, Field>> = {
  ID: ({ process }) => process.id,
  PID: ({ process: { pid, restartAt } }) => restartAt === undefined ? String(pid) : "",
  State: ({ process: { running, restartAt } }) =>
    restartAt === undefined ? running ? "running" : "ended" : "restarting",
  Status: ({ process }, { now }) => describeState(process, now),
  Command: ({ process }) => commandWords(process).map(shellQuote).join(" "),
  Directory: ({ process }) => process.cwd,
  CreatedAt: ({ process }) => new Date(process.startTime * 1000).toISOString(),
  RunningFor: ({ process }, { now }) => formatAge(now / 1000 - process.startTime),
  Labels: ({ process }) => labelsOf(process).join(","),
  Restart: ({ process }) => describeRestarts(process),
  Buffered: ({ process }) => formatBytes(process.bufferedBytes),
  Attached: ({ process }) => process.attached ? "yes" : "no",
  CPU: ({ load }) => describeCpu(load),
  Memory: ({ load }) => describeMemory(load),
  Run: runCommandLine,
};

/** A template that was read. */
export interface ProcessFormat {
  /** Whether it needs the loads of processes. */
  readonly needsLoads: boolean;
  /** Whether it needs what is only in `{{.Run}}`: their environments and the choice of their logs. */
  readonly needsStart: boolean;
  /** Formats processes, one per line. On a terminal, control characters are shown. */
  format(processes: readonly FormattedProcess[], context: FormatContext): string;
}

/**
 * Reads a template.
 *
 * @param text Such as `{{.ID}}\t{{.Status}}`, in which `\t` and `\n` stand for a tab and a newline. After `table ` the
 * result is a table with headings, whose columns tabs separate.
 * @throws {UsageError} If it names a field that there is not, or none.
 */
export function parseProcessFormat(text: string): ProcessFormat {
  const isTable = text.startsWith("table ");
  const template = (isTable ? text.slice("table ".length) : text).replaceAll("\\t", "\t").replaceAll("\\n", "\n");
  const pieces = template.split(/\{\{(.*?)\}\}/s);
  const names = pieces.flatMap((piece, i) => i % 2 === 0 ? [] : [fieldName(piece)]);
  const stray = pieces.find((piece, i) => i % 2 === 0 && piece.includes("{{"));
  if (stray !== undefined || names.length === 0) throw unknownField(stray ?? text);
  const fill = (value: (name: string) => string) =>
    pieces.map((piece, i) => i % 2 === 0 ? piece : value(names[(i - 1) / 2]!)).join("");
  const lineOf = (known: FormattedProcess, context: FormatContext) =>
    fill((name) => {
      const field = FIELDS[name]!(known, context);
      if (context.columns === Infinity && !isTable) return field;
      return name === "ID" ? showId(field) : showControls(field);
    });
  return {
    needsLoads: names.some((name) => name === "CPU" || name === "Memory"),
    needsStart: names.includes("Run"),
    format(processes, context) {
      const lines = processes.map((known) => lineOf(known, context));
      if (!isTable) return lines.join("\n");
      const rows = [fill(heading), ...lines].map((line) => line.split("\t"));
      const width = Math.max(...rows.map((row) => row.length));
      return safeTable(rows.map((row) => [...row, ...Array(width - row.length).fill("")]), context.columns);
    },
  };
}

/** The labels of a process, as `NAME=VALUE`. */
export function labelsOf({ labels = {} }: ListedProcess): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}

/** Makes a heading of the name of a field: `CREATED AT`. */
function heading(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase();
}

function fieldName(piece: string): string {
  const name = /^\s*\.(\w+)\s*$/.exec(piece)?.[1] ?? "";
  if (!Object.hasOwn(FIELDS, name)) throw unknownField(`{{${piece}}}`);
  return name;
}

function unknownField(given: string) {
  return notOneOf("--format", Object.keys(FIELDS).map((name) => `{{.${name}}}`), given);
}

/** The command line that starts such a process; the hub starts its own. */
function runCommandLine(known: FormattedProcess, { socketArguments }: FormatContext): string {
  const { process, env = {}, cleanEnv = false, isLogChosen = false } = known;
  const { id, cwd, restart, labels = {}, log } = process;
  if (isOfHub(id)) return `# ${showId(id)}: the hub starts it`;
  const words = [
    ...["claustrum", "run", "--detach", ...socketArguments, "--id", id],
    ...(wordsInTerminal(process) === undefined ? [] : ["-t"]),
    ...(restart === undefined ? [] : ["--restart", restart]),
    ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ...(log === undefined ? [] : [isLogChosen ? `--log=${log}` : "--log"]),
    ...(cwd === "" ? [] : ["--cwd", cwd]),
    ...(cleanEnv ? ["--clean-env"] : []),
    ...Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...["--", ...commandWords(process)],
  ];
  return words.map(shellQuote).join(" ");
}
