import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { PermissionAnswer } from "../../../sessions/types.ts";
import { Button, Field } from "../controls.tsx";

/** Asks for what to tell the agent with a denial, and sends it. */
export function DenyForm(
  { onAnswer, onCancel }: { onAnswer: (answer: PermissionAnswer) => Promise<void>; onCancel: () => void },
): JSX.Element {
  const message = useSignal("");
  const interrupts = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const deny = () => {
    const text = message.value.trim();
    return onAnswer({
      decision: "deny",
      ...(text === "" ? {} : { message: text }),
      ...(interrupts.value ? { interrupt: true } : {}),
    });
  };
  return (
    <div
      class="permission-form"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onCancel();
      }}
    >
      <Field label="Message" hint={interrupts.value ? "The agent stops without reading it." : undefined}>
        <textarea
          ref={field}
          rows={2}
          placeholder="What to do instead (optional)"
          value={message.value}
          onInput={({ currentTarget }) => message.value = currentTarget.value}
        />
      </Field>
      <label class="check">
        <input
          type="checkbox"
          checked={interrupts.value}
          onChange={({ currentTarget }) => interrupts.value = currentTarget.checked}
        />
        and stop the turn
      </label>
      <div class="permission-buttons">
        <Button kind="danger" onClick={deny}>Deny</Button>
        <Button kind="quiet" onClick={onCancel}>Back</Button>
      </div>
    </div>
  );
}
