/**
 * Describes what an agent calls a tool with, in a line.
 *
 * @module
 */

import { toArray, toObject, toText } from "./json_fields.ts";
import { toOneLine } from "./terminal_text.ts";

/** The most characters of a line; the printer cuts it to the width of the terminal. */
const MAX_CHARACTERS = 2_000;

/** The field of a tool's input that says the most. */
const MAIN_FIELDS: Readonly<Record<string, string>> = {
  Bash: "command",
  BashOutput: "bash_id",
  Edit: "file_path",
  Glob: "pattern",
  Grep: "pattern",
  KillShell: "shell_id",
  MultiEdit: "file_path",
  NotebookEdit: "notebook_path",
  Read: "file_path",
  Skill: "skill",
  Task: "description",
  Agent: "description",
  WebFetch: "url",
  WebSearch: "query",
  Write: "file_path",
};

/** Describes the input of a tool: its main field, or all of it as JSON. */
export function describeToolInput(tool: string, input: unknown): string {
  const fields = toObject(input);
  if (tool === "AskUserQuestion") {
    return toLine(toArray(fields["questions"]).map((each) => toText(toObject(each)["question"])).join(" "));
  }
  if (tool === "ExitPlanMode" && toText(fields["plan"]) !== "") return toLine(toText(fields["plan"]));
  const main = Object.hasOwn(MAIN_FIELDS, tool) ? toText(fields[MAIN_FIELDS[tool]!]) : "";
  if (main !== "") return toLine(main);
  return Object.keys(fields).length === 0 ? "" : toLine(JSON.stringify(fields));
}

function toLine(text: string): string {
  return toOneLine(text.slice(0, MAX_CHARACTERS));
}
