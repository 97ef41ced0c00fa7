import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { PermissionAnswer } from "../../../sessions/types.ts";
import { answersOf, choose, type GivenAnswer, isAnswered, NO_ANSWER, write } from "../../state/question_answers.ts";
import type { Question } from "../../state/tool_request.ts";
import { Button } from "../controls.tsx";
import { VisibleText } from "../visible_text.tsx";
import { AnswerButtons } from "./answer_buttons.tsx";

/** The questions of an agent, with their choices and room for other words. */
export function QuestionForm({ id, input, questions, isStill, onAnswer, onDeny }: {
  /** What makes the names of the fields unique. */
  id: string;
  /** The tool's input, which the answers are added to. */
  input: unknown;
  questions: readonly Question[];
  isStill: boolean;
  onAnswer: (answer: PermissionAnswer) => Promise<void>;
  onDeny: () => void;
}): JSX.Element {
  const given = useSignal<readonly GivenAnswer[]>(questions.map(() => NO_ANSWER));
  const change = (i: number, answer: GivenAnswer) => given.value = given.value.with(i, answer);
  const isComplete = given.value.every(isAnswered);
  const answer = () => {
    const answers = answersOf(questions, given.value);
    return onAnswer({ decision: "allow", updated_input: { ...input as object, answers } });
  };
  return (
    <form class="permission-form" onSubmit={(event) => event.preventDefault()}>
      {questions.map((question, i) => (
        <OneQuestion
          key={i}
          name={`${id}-${i}`}
          question={question}
          given={given.value[i]!}
          onChange={(answer) => change(i, answer)}
        />
      ))}
      <AnswerButtons isStill={isStill}>
        <Button type="submit" kind="primary" disabled={!isComplete} onClick={answer}>Answer</Button>
        <Button onClick={onDeny}>Deny</Button>
      </AnswerButtons>
    </form>
  );
}

function OneQuestion({ name, question, given, onChange }: {
  name: string;
  question: Question;
  given: GivenAnswer;
  onChange: (answer: GivenAnswer) => void;
}): JSX.Element {
  return (
    <fieldset class="question">
      <legend>
        {question.header === "" ? null : <span class="chip">{question.header}</span>}
        <VisibleText text={question.question} />
      </legend>
      {question.options.map((option) => (
        <label key={option.label} class="question-choice">
          <input
            type={question.isMultiple ? "checkbox" : "radio"}
            name={name}
            checked={given.chosen.includes(option.label)}
            onChange={() => onChange(choose(given, question, option.label))}
          />
          <span class="question-choice-label">
            <VisibleText text={option.label} />
          </span>
          {option.description === "" ? null : (
            <span class="question-choice-text">
              <VisibleText text={option.description} />
            </span>
          )}
        </label>
      ))}
      <input
        type="text"
        aria-label={`Other answer to: ${question.question}`}
        placeholder={question.options.length === 0 ? "Your answer" : "Something else"}
        value={given.text}
        onInput={({ currentTarget }) => onChange(write(given, question, currentTarget.value))}
      />
    </fieldset>
  );
}
