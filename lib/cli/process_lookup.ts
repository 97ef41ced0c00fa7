/**
 * Finds the processes that the user names by their ids, or by the beginnings of these.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { ProcessLostError } from "../client/errors.ts";
import { HELPER_PREFIX } from "../client/run_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { printMessage } from "./print.ts";
import { type ListedProcess, showId } from "./process_text.ts";

/** How many ids an error lists. */
const MAX_LISTED = 5;

/** How tables end an id that is too long for them; people copy it. */
const CUT = "…";

/** What {@linkcode chooseProcess} tells. */
export interface ChooseOptions {
  /** Whether to say which process the beginning of an id stands for, because the command ends it. @default {false} */
  readonly isTold?: boolean;
}

/**
 * Finds the process that a text names by its id or a unique beginning of it, also as tables show them.
 *
 * @throws {ProcessLostError} If there is none.
 * @throws {ClaustrumError} If several ids begin with it.
 */
export function chooseProcess(
  processes: readonly ListedProcess[],
  text: string,
  { isTold = false }: ChooseOptions = {},
): ListedProcess {
  const exact = processes.find(({ id }) => id === text) ?? processes.find(({ id }) => showId(id) === text);
  if (exact !== undefined) return exact;
  const start = text.endsWith(CUT) ? text.slice(0, -CUT.length) : text;
  const begins = (id: string) => id.startsWith(start) || showId(id).startsWith(start);
  const found = start === "" ? [] : processes.filter(({ id }) => begins(id) && isMeant(id, start));
  const [process] = found;
  if (process === undefined) throw new ProcessLostError(`there is no process "${showId(text)}": see claustrum ps`);
  if (found.length > 1) throw new ClaustrumError(describeSeveral(text, found));
  if (isTold) printMessage(`"${showId(text)}" is the process "${showId(process.id)}"`);
  return process;
}

/** Finds the processes that texts name, each once; see {@linkcode chooseProcess}. */
export function chooseProcesses(
  processes: readonly ListedProcess[],
  texts: readonly string[],
  options?: ChooseOptions,
): readonly ListedProcess[] {
  return [...new Set(texts.map((text) => chooseProcess(processes, text, options)))];
}

/** Finds the process that a text names; see {@linkcode chooseProcess}. */
export async function lookUpProcess(client: Client, text: string, options?: ChooseOptions): Promise<ListedProcess> {
  const { processes } = await client.call("process.list");
  return chooseProcess(processes, text, options);
}

/** The short commands of a hub come and go; nobody means them by a beginning, except by their own. */
function isMeant(id: string, text: string): boolean {
  return !id.startsWith(HELPER_PREFIX) || text.startsWith(HELPER_PREFIX);
}

function describeSeveral(text: string, found: readonly ListedProcess[]): string {
  const ids = found.slice(0, MAX_LISTED).map(({ id }) => showId(id));
  const more = found.length > MAX_LISTED ? ", …" : "";
  return `${found.length} ids begin with "${showId(text)}": ${ids.join(", ")}${more}`;
}
