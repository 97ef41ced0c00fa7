/**
 * Says in a line what an agent calls a tool with.
 *
 * @module
 */

import { mainInput } from "../../agent/main_input.ts";
import { toArray, toNumber, toObject, toText } from "./fields.ts";

/** The most characters of a line; the page cuts it to its width. */
const MAX_CHARACTERS = 400;

/**
 * Describes the input of a tool: its main field, or all of it as JSON.
 *
 * @param directory The directory of the session: paths below it are shown without it.
 */
export function toolSummary(tool: string, input: unknown, directory: string): string {
  const fields = toObject(input);
  if (tool === "AskUserQuestion") {
    return line(toArray(fields["questions"]).map((each) => toText(toObject(each)["question"])).join(" "));
  }
  if (tool === "ExitPlanMode") return line(toText(fields["plan"]).trim().replace(/^#+\s*/, "").split("\n", 1)[0]!);
  if (tool === "TodoWrite") return todoSummary(fields["todos"]);
  const main = mainInput(tool, fields);
  if (main !== "") return line(shortened(main, directory) + detail(tool, fields, directory));
  const texts = Object.values(fields).filter((value) => typeof value === "string");
  if (texts.length === 1 && Object.keys(fields).length === 1) return line(texts[0]!);
  return Object.keys(fields).length === 0 ? "" : line(JSON.stringify(fields));
}

/** What follows the main field. */
function detail(tool: string, fields: Readonly<Record<string, unknown>>, directory: string): string {
  const path = toText(fields["path"]);
  if ((tool === "Grep" || tool === "Glob") && path !== "") return ` in ${shortened(path, directory)}`;
  const offset = toNumber(fields["offset"]);
  const limit = toNumber(fields["limit"]);
  if (tool !== "Read" || offset === undefined && limit === undefined) return "";
  return ` from line ${offset ?? 1}${limit === undefined ? "" : `, ${limit} lines`}`;
}

function todoSummary(value: unknown): string {
  const todos = toArray(value).map(toObject);
  const done = todos.filter(({ status }) => status === "completed").length;
  const current = todos.find(({ status }) => status === "in_progress");
  const what = toText(current?.["activeForm"]) || toText(current?.["content"]);
  return line(`${done} of ${todos.length}${what === "" ? "" : ` · ${what}`}`);
}

/** Returns a path without the directory in which the agent works. */
export function shortened(path: string, directory: string): string {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
}

function line(text: string): string {
  const cut = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
  return cut.trim().replaceAll(/\s*\n\s*/g, " ⏎ ").replaceAll("\t", " ");
}
