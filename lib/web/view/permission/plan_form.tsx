import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { PermissionAnswer } from "../../../sessions/types.ts";
import { Button, Field } from "../controls.tsx";
import { Markdown } from "../markdown.tsx";
import { AnswerButtons } from "./answer_buttons.tsx";

/** A plan of an agent, to be approved or sent back with a message. */
export function PlanForm({ plan, isStill, onAnswer }: {
  plan: string;
  isStill: boolean;
  onAnswer: (answer: PermissionAnswer) => Promise<void>;
}): JSX.Element {
  const message = useSignal("");
  const keepPlanning = () => {
    const text = message.value.trim();
    return onAnswer({ decision: "deny", message: text === "" ? "Keep planning: the plan is not approved yet." : text });
  };
  return (
    <div class="permission-form">
      <div class="permission-plan" role="group" aria-label="Plan" tabIndex={0}>
        <Markdown text={plan} />
      </div>
      <Field label="Message">
        <textarea
          rows={2}
          placeholder="What to change about the plan (optional)"
          value={message.value}
          onInput={({ currentTarget }) => message.value = currentTarget.value}
        />
      </Field>
      <AnswerButtons isStill={isStill}>
        <Button kind="primary" onClick={() => onAnswer({ decision: "allow" })}>Approve</Button>
        <Button onClick={keepPlanning}>Keep planning</Button>
      </AnswerButtons>
    </div>
  );
}
