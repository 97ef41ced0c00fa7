/**
 * Describes what an agent calls a tool with, in a line.
 *
 * @module
 */

import { mainInput } from "../agent/main_input.ts";
import { toArray, toObject, toText } from "../system/json_fields.ts";
import { toOneLine } from "./terminal_text.ts";

/** The most characters of a line; the printer cuts it to the width of the terminal. */
const MAX_CHARACTERS = 2_000;

/** Describes the input of a tool: its main field, or all of it as JSON. */
export function describeToolInput(tool: string, input: unknown): string {
  const fields = toObject(input);
  if (tool === "AskUserQuestion") {
    return toLine(toArray(fields["questions"]).map((each) => toText(toObject(each)["question"])).join(" "));
  }
  if (tool === "ExitPlanMode" && toText(fields["plan"]) !== "") return toLine(toText(fields["plan"]));
  const main = mainInput(tool, fields);
  if (main !== "") return toLine(main);
  return Object.keys(fields).length === 0 ? "" : toLine(JSON.stringify(fields));
}

function toLine(text: string): string {
  return toOneLine(text.slice(0, MAX_CHARACTERS));
}
