import type { JSX } from "preact";
import type { Signal } from "@preact/signals";
import type { PermissionPolicy } from "../../sessions/types.ts";
import { PERMISSION_MODES } from "../state/permission_modes.ts";
import type { StartForm } from "../state/start_form.ts";
import { Field } from "./controls.tsx";

/** The models that are suggested; the agent knows more. */
const MODELS: readonly string[] = ["opus", "sonnet", "haiku"];
const POLICIES: readonly (readonly [PermissionPolicy | "", string])[] = [
  ["", "As the hub is configured"],
  ["ask", "A person answers"],
  ["deny", "Everything is denied"],
  ["allow", "Everything is allowed"],
];

/** The fields of a new session that are rarely needed. */
export function MoreFields({ form }: { form: Signal<StartForm> }): JSX.Element {
  const { model, mode, policy, claudeArgs, resume, isFork } = form.value;
  const set = (change: Partial<StartForm>) => form.value = { ...form.value, ...change };
  return (
    <details class="more">
      <summary>More</summary>
      <div class="form">
        <div class="form-row">
          <Field label="Model">
            <input
              list="models"
              placeholder="The agent's default"
              autocomplete="off"
              autocapitalize="off"
              value={model}
              onInput={({ currentTarget }) => set({ model: currentTarget.value })}
            />
            <datalist id="models">
              {MODELS.map((each) => <option key={each} value={each} />)}
            </datalist>
          </Field>
          <Field label="Questions">
            <select
              value={policy}
              onChange={({ currentTarget }) =>
                set({ policy: POLICIES.find(([each]) => each === currentTarget.value)?.[0] ?? "" })}
            >
              {POLICIES.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
            </select>
          </Field>
        </div>
        <Field
          label="Permission mode"
          hint={(PERMISSION_MODES.find(({ id }) => id === mode) ?? PERMISSION_MODES[0]!).text}
        >
          <select value={mode} onChange={({ currentTarget }) => set({ mode: currentTarget.value })}>
            {PERMISSION_MODES.map(({ id, label }) => (
              <option key={id} value={id === "default" ? "" : id}>{label}</option>
            ))}
          </select>
        </Field>
        <Field label="Conversation to resume" hint="Its id, as the agent shows it">
          <input
            class="mono"
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            value={resume}
            onInput={({ currentTarget }) => set({ resume: currentTarget.value })}
          />
        </Field>
        {resume.trim() === "" ? null : (
          <label class="check">
            <input
              type="checkbox"
              checked={isFork}
              onChange={({ currentTarget }) => set({ isFork: currentTarget.checked })}
            />
            Go on with a copy, and leave the conversation as it is
          </label>
        )}
        <Field label="Arguments for the agent" hint="As in a shell, such as --add-dir ../shared">
          <input
            class="mono"
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            value={claudeArgs}
            onInput={({ currentTarget }) => set({ claudeArgs: currentTarget.value })}
          />
        </Field>
      </div>
    </details>
  );
}
