/**
 * What an agent wants to do with a tool, in the form in which a person reads it.
 *
 * @module
 */

import type { PendingPermission } from "../../sessions/types.ts";

/** A value of a tool's input, by its name. */
export type InputField = readonly [name: string, value: unknown];

/** A piece of a file that is replaced. */
export interface Replacement {
  /** The text before; empty for a new file, or one that is written anew. */
  readonly before: string;
  /** The text after. */
  readonly after: string;
}

/** A choice of a question. */
export interface Choice {
  /** What the choice is called; it is also the answer. */
  readonly label: string;
  /** What it means. */
  readonly description: string;
}

/** A question of the agent. */
export interface Question {
  /** The question. */
  readonly question: string;
  /** A word or two about it. */
  readonly header: string;
  /** The choices. */
  readonly options: readonly Choice[];
  /** Whether several choices may be made. */
  readonly isMultiple: boolean;
}

/** What an agent wants to do. */
export type ToolRequest =
  | { readonly kind: "command"; readonly command: string; readonly more: readonly InputField[] }
  | {
    readonly kind: "edit";
    readonly path: string;
    /** Whether the file is written as a whole. */
    readonly isWhole: boolean;
    readonly replacements: readonly Replacement[];
    readonly more: readonly InputField[];
  }
  | { readonly kind: "questions"; readonly questions: readonly Question[] }
  | { readonly kind: "plan"; readonly plan: string }
  /** The input is too large to be shown with others. */
  | { readonly kind: "truncated"; readonly bytes: number }
  | { readonly kind: "other"; readonly fields: readonly InputField[] };

type Input = Readonly<Record<string, unknown>>;

/** Returns what an agent wants to do. What does not look as expected is shown field by field. */
export function toolRequestOf({ tool_name, input }: Pick<PendingPermission, "tool_name" | "input">): ToolRequest {
  if (!isInput(input)) return { kind: "other", fields: input === undefined ? [] : [["input", input]] };
  const { truncated } = input;
  if (typeof truncated === "number" && Object.keys(input).length === 1) return { kind: "truncated", bytes: truncated };
  const read = Object.hasOwn(readers, tool_name) ? readers[tool_name] : undefined;
  return read?.(input) ?? { kind: "other", fields: Object.entries(input) };
}

/** Says what an agent wants to do, in a few words. */
export function titleOf({ tool_name }: Pick<PendingPermission, "tool_name">, request: ToolRequest): string {
  switch (request.kind) {
    case "command":
      return "Run a command";
    case "edit":
      return request.isWhole ? "Write a file" : "Edit a file";
    case "questions":
      return request.questions.length === 1 ? "Answer a question" : `Answer ${request.questions.length} questions`;
    case "plan":
      return "Approve a plan";
    case "truncated":
      return LARGE_TITLES[tool_name] ?? `Use ${toolLabel(tool_name)}`;
    case "other":
      return `Use ${toolLabel(tool_name)}`;
  }
}

/** What is said about an input that was not read yet. */
const LARGE_TITLES: Readonly<Record<string, string>> = {
  Bash: "Run a command",
  Write: "Write a file",
  Edit: "Edit a file",
  MultiEdit: "Edit a file",
  ExitPlanMode: "Approve a plan",
};

/** Returns the name of a tool for people; those of MCP servers begin with the server's. */
function toolLabel(name: string): string {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/s.exec(name) ?? [];
  return server === undefined || tool === undefined ? name : `${tool} of ${server}`;
}

const readers: Readonly<Record<string, (input: Input) => ToolRequest | undefined>> = {
  Bash(input) {
    const { command, description: _, ...more } = input;
    return typeof command === "string" ? { kind: "command", command, more: Object.entries(more) } : undefined;
  },
  Write(input) {
    const { file_path: path, content, ...more } = input;
    if (typeof path !== "string" || typeof content !== "string") return undefined;
    return editOf(path, [{ before: "", after: content }], more, true);
  },
  Edit(input) {
    const { file_path: path, old_string, new_string, ...more } = input;
    const replacement = replacementOf({ old_string, new_string });
    return typeof path === "string" && replacement !== undefined ? editOf(path, [replacement], more) : undefined;
  },
  MultiEdit(input) {
    const { file_path: path, edits, ...more } = input;
    if (typeof path !== "string" || !Array.isArray(edits)) return undefined;
    const replacements = edits.map(replacementOf).filter((each) => each !== undefined);
    return replacements.length === edits.length ? editOf(path, replacements, more) : undefined;
  },
  AskUserQuestion({ questions }) {
    if (!Array.isArray(questions) || questions.length === 0) return undefined;
    const read = questions.map(questionOf).filter((each) => each !== undefined);
    return read.length === questions.length ? { kind: "questions", questions: read } : undefined;
  },
  ExitPlanMode: ({ plan }) => typeof plan === "string" ? { kind: "plan", plan } : undefined,
};

function editOf(path: string, replacements: readonly Replacement[], more: Input, isWhole = false): ToolRequest {
  return { kind: "edit", path, isWhole, replacements, more: Object.entries(more) };
}

function replacementOf(edit: unknown): Replacement | undefined {
  if (!isInput(edit)) return undefined;
  const { old_string: before, new_string: after } = edit;
  return typeof before === "string" && typeof after === "string" ? { before, after } : undefined;
}

function questionOf(value: unknown): Question | undefined {
  if (!isInput(value) || typeof value["question"] !== "string") return undefined;
  const { question, header, options, multiSelect } = value;
  const choices = (Array.isArray(options) ? options : []).map(choiceOf).filter((each) => each !== undefined);
  return { question, header: textOr(header), options: choices, isMultiple: multiSelect === true };
}

function choiceOf(value: unknown): Choice | undefined {
  if (typeof value === "string") return { label: value, description: "" };
  if (!isInput(value) || typeof value["label"] !== "string") return undefined;
  return { label: value["label"], description: textOr(value["description"]) };
}

function textOr(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isInput(value: unknown): value is Input {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
