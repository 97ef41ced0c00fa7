/**
 * Shows a permission that waits for a person, and the commands that answer it.
 *
 * @module
 */

import { shellQuote } from "../system/quote.ts";
import { toArray, toObject, toText } from "../system/json_fields.ts";
import { ownCommand } from "./own_command.ts";
import { stripControls, toOneLine } from "./terminal_text.ts";
import { describeToolInput } from "./tool_text.ts";

/** What is shown of a permission. */
export interface ShownPermission {
  /** The id. */
  readonly id: string;
  /** The tool. */
  readonly tool_name: string;
  /** What the tool is to be called with. */
  readonly input: unknown;
  /** What the agent says about the call. */
  readonly description?: string | undefined;
  /** What an answer for the whole session would allow, in words; empty if that is not offered. */
  readonly covers?: string | undefined;
}

/** A question of the tool AskUserQuestion. */
export interface UserQuestion {
  /** The text of the question, by which the agent knows the answer. */
  readonly question: string;
  /** A short title. */
  readonly header: string;
  /** The answers to choose from. */
  readonly options: readonly string[];
  /** Whether several answers may be given. */
  readonly isMultiple: boolean;
}

/** Returns the questions that a permission asks a person; none unless its tool is AskUserQuestion. */
export function userQuestions({ tool_name, input }: Pick<ShownPermission, "tool_name" | "input">): UserQuestion[] {
  if (tool_name !== "AskUserQuestion") return [];
  return toArray(toObject(input)["questions"]).map(toObject).map((fields) => ({
    question: toText(fields["question"]),
    header: toText(fields["header"]),
    options: toArray(fields["options"]).map((option) => toText(toObject(option)["label"])),
    isMultiple: fields["multiSelect"] === true,
  }));
}

/**
 * Describes what the agent asks for, in lines.
 *
 * @returns At least one line, without control characters.
 */
export function describePermission(permission: ShownPermission): string[] {
  const tool = toOneLine(permission.tool_name);
  const questions = userQuestions(permission);
  if (questions.length > 0) return [`${tool}:`, ...questions.flatMap(describeQuestion)];
  const plan = tool === "ExitPlanMode" ? toText(toObject(permission.input)["plan"]) : "";
  if (plan !== "") return [`${tool}:`, ...stripControls(plan).split("\n")];
  const input = describeToolInput(permission.tool_name, permission.input);
  const description = toOneLine(permission.description ?? "");
  const note = description === "" || description === input ? [] : [description];
  return [input === "" ? tool : `${tool}: ${input}`, ...note];
}

function describeQuestion({ question, header, options, isMultiple }: UserQuestion, index: number): string[] {
  const title = header === "" ? "" : ` [${toOneLine(header)}]`;
  const several = isMultiple ? " (several are possible)" : "";
  return [
    `${index + 1}. ${toOneLine(question)}${title}${several}`,
    ...options.map((option) => `   - ${toOneLine(option)}`),
  ];
}

/** The commands that answer a permission, each with what it does. */
export function answerCommands(
  permission: ShownPermission,
  session: string,
): readonly (readonly [what: string, command: string])[] {
  const own = ownCommand();
  const target = toOneLine(`${shellQuote(session)} ${shellQuote(permission.id)}`);
  const deny = ["deny", `${own} session deny ${target}`] as const;
  const questions = userQuestions(permission);
  if (questions.length > 0) {
    const answers = questions.map((_, index) => ` ${index + 1}=ANSWER`).join("");
    return [["answer", `${own} session answer ${target}${answers}`], deny];
  }
  const covers = toOneLine(permission.covers ?? "");
  return [
    ["approve", `${own} session approve ${target}`],
    ...(covers === ""
      ? []
      : [[`approve ${covers} for this session`, `${own} session approve ${target} --for-session`] as const]),
    deny,
  ];
}

/** Describes a permission and how to answer it, in lines that are not cut: commands must be complete. */
export function permissionLines(permission: ShownPermission, session: string): string[] {
  const [first = "", ...more] = describePermission(permission);
  return [
    `${toOneLine(session)} asks for a permission: ${first}`,
    ...more.map((line) => `  ${line}`),
    ...answerCommands(permission, session).map(([what, command]) => `  ${what}: ${command}`),
  ];
}
