import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useWorld } from "../../state/world.ts";
import { Field } from "../controls.tsx";
import { useSubmission } from "../session/session_dialogs.tsx";
import { sentence } from "../text.ts";
import { Part } from "./parts.tsx";

/** Makes a token. */
export function NewToken({ onMade }: {
  onMade: (token: { readonly name: string; readonly token: string }) => Promise<void>;
}): JSX.Element {
  const { api, isViewer } = useWorld();
  const name = useSignal("");
  const isReadOnly = useSignal(false);
  const submission = useSubmission(async () => {
    await onMade(await api.call("tokens.create", { name: name.value.trim(), read_only: isReadOnly.value }));
  }, () => name.value = "");
  return (
    <Part title="New token">
      <form class="form" onSubmit={submission.submit}>
        <Field label="Name" hint="What uses it, such as backup-script: letters, digits, dots, dashes, underscores">
          <input
            required
            maxLength={64}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            disabled={isViewer.value}
            value={name.value}
            onInput={({ currentTarget }) => name.value = currentTarget.value}
          />
        </Field>
        <label class="check">
          <input
            type="checkbox"
            disabled={isViewer.value}
            checked={isReadOnly.value}
            onChange={({ currentTarget }) => isReadOnly.value = currentTarget.checked}
          />
          Read-only: it may look, and change nothing
        </label>
        {submission.problem === undefined ? null : <p class="problem" role="alert">{sentence(submission.problem)}</p>}
        <div class="buttons">
          <button
            type="submit"
            class="button primary"
            disabled={submission.isBusy || isViewer.value || name.value.trim() === ""}
          >
            Create
          </button>
        </div>
      </form>
    </Part>
  );
}
