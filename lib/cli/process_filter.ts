/**
 * The filters of `claustrum ps`.
 *
 * @module
 */

import { commandWords, type ListedProcess } from "./process_text.ts";
import { notOneOf } from "./usage_error.ts";

type Filter = (process: ListedProcess) => boolean;

const STATES: Readonly<Record<string, Filter>> = {
  running: ({ running, restartAt }) => running && restartAt === undefined,
  ended: ({ running }) => !running,
  restarting: ({ restartAt }) => restartAt !== undefined,
};

/**
 * Returns a function that tells whether a process fits all of some filters.
 *
 * @param texts Filters like `label=K`, `label=K=V`, `state=running`, `id=TEXT` and `command=TEXT`.
 * @throws {UsageError} If a filter is none of these.
 */
export function processFilter(texts: readonly string[]): Filter {
  const filters = texts.map(parse);
  return (process) => filters.every((fits) => fits(process));
}

function parse(text: string): Filter {
  const [, kind, value = ""] = /^([a-z]+)=(.+)$/s.exec(text) ?? [];
  switch (kind) {
    case "label":
      return labelFilter(value);
    case "state":
      if (!Object.hasOwn(STATES, value)) {
        throw notOneOf("--filter state", Object.keys(STATES), value);
      }
      return STATES[value]!;
    case "id":
      return ({ id }) => id.includes(value);
    case "command":
      return (process) => commandWords(process).join(" ").includes(value);
    default:
      throw notOneOf("--filter", ["label=…", "state=…", "id=…", "command=…"], text);
  }
}

function labelFilter(text: string): Filter {
  const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  return ({ labels = {} }) => Object.hasOwn(labels, name) && (value === undefined || labels[name] === value);
}
