/**
 * The answers of a person to the questions of an agent.
 *
 * @module
 */

import type { Question } from "./tool_request.ts";

/** What a person has chosen and written. */
export interface GivenAnswer {
  /** The labels of the choices. */
  readonly chosen: readonly string[];
  /** What was written instead of, or beside, the choices. */
  readonly text: string;
}

/** No answer yet. */
export const NO_ANSWER: GivenAnswer = { chosen: [], text: "" };

/** Returns an answer with a choice made, or taken back. Where only one counts, it replaces what was written and chosen. */
export function choose(answer: GivenAnswer, { isMultiple }: Question, label: string): GivenAnswer {
  if (!isMultiple) return { chosen: [label], text: "" };
  const chosen = answer.chosen.includes(label)
    ? answer.chosen.filter((each) => each !== label)
    : [...answer.chosen, label];
  return { ...answer, chosen };
}

/** Returns an answer with other words. Where only one answer counts, words replace the choice. */
export function write(answer: GivenAnswer, { isMultiple }: Question, text: string): GivenAnswer {
  return { chosen: isMultiple || text.trim() === "" ? answer.chosen : [], text };
}

/** Whether a question has an answer. */
export function isAnswered({ chosen, text }: GivenAnswer): boolean {
  return chosen.length > 0 || text.trim() !== "";
}

/** Returns the text of an answer as the agent reads it: labels in the order of the question, then the words. */
function answerText({ options }: Question, { chosen, text }: GivenAnswer): string {
  const labels = options.map(({ label }) => label).filter((label) => chosen.includes(label));
  return [...labels, ...text.trim() === "" ? [] : [text.trim()]].join(", ");
}

/** Returns the answers by the text of their question. */
export function answersOf(
  questions: readonly Question[],
  given: readonly GivenAnswer[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(questions.map((question, i) => [question.question, answerText(question, given[i]!)]));
}
