/**
 * Reads the answers to the questions of the tool AskUserQuestion from a command line.
 *
 * @module
 */

import { toObject } from "../system/json_fields.ts";
import { type UserQuestion, userQuestions } from "./permission_text.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Returns what to call AskUserQuestion with, so that it has the answers.
 *
 * @param input What the agent calls it with.
 * @param args `KEY=VALUE` each; the key is the number of a question, its header or its text.
 * @throws {UsageError} If an argument answers no question, or a question has too many answers.
 */
export function answeredInput(input: unknown, args: readonly string[]): Readonly<Record<string, unknown>> {
  const questions = userQuestions({ tool_name: "AskUserQuestion", input });
  const given = new Map<UserQuestion, string[]>();
  for (const arg of args) {
    const { question, value } = readAnswer(questions, arg);
    given.set(question, [...given.get(question) ?? [], value]);
  }
  const answers = [...given].map(([{ question, isMultiple }, values]) => {
    if (values.length > 1 && !isMultiple) throw new UsageError(`"${question}" takes one answer only`);
    return [question, values.join(", ")] as const;
  });
  return { ...toObject(input), answers: Object.fromEntries(answers) };
}

function readAnswer(questions: readonly UserQuestion[], arg: string): { question: UserQuestion; value: string } {
  // A question may itself contain an equals sign.
  for (let at = arg.indexOf("="); at >= 0; at = arg.indexOf("=", at + 1)) {
    const question = findQuestion(questions, arg.slice(0, at));
    const value = arg.slice(at + 1);
    if (question !== undefined && value !== "") return { question, value };
  }
  const keys = questions.map(({ header, question }, i) => `${i + 1} (${header || question})`).join(", ");
  throw new UsageError(`"${arg}" answers no question: write KEY=VALUE, with one of the keys ${keys}`);
}

function findQuestion(questions: readonly UserQuestion[], key: string): UserQuestion | undefined {
  const byText = questions.find(({ question }) => question === key);
  if (byText !== undefined) return byText;
  const byHeader = questions.filter(({ header }) => header.toLowerCase() === key.trim().toLowerCase());
  if (byHeader.length === 1 && key.trim() !== "") return byHeader[0];
  return /^[1-9]\d*$/.test(key) ? questions[Number(key) - 1] : undefined;
}
