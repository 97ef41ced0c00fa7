import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Session } from "../../../sessions/types.ts";
import { useWorld } from "../../state/world.ts";
import { Dialog, Field } from "../controls.tsx";

/** Asks before something is done that cannot be undone. */
export function ConfirmDialog(
  { title, text, action, word, note, isDanger = true, onClose, onConfirm }: {
    title: string;
    text: string;
    action: string;
    /** What has to be typed first. */
    word?: string;
    /** What else is said or asked. */
    note?: ComponentChildren;
    /** Whether something is lost. */
    isDanger?: boolean;
    onClose: () => void;
    onConfirm: () => Promise<unknown>;
  },
): JSX.Element {
  const typed = useSignal("");
  const submission = useSubmission(onConfirm, onClose);
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={submission.submit}>
        <p>{text}</p>
        {word === undefined ? null : (
          <Field label={`Type ${word}`}>
            <input
              required
              autofocus
              autocomplete="off"
              value={typed.value}
              onInput={({ currentTarget }) => typed.value = currentTarget.value}
            />
          </Field>
        )}
        {note}
        {submission.problem === undefined ? null : <p class="problem" role="alert">{submission.problem}</p>}
        <div class="buttons end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button
            type="submit"
            class={isDanger ? "button danger" : "button primary"}
            autofocus={word === undefined}
            disabled={submission.isBusy || word !== undefined && typed.value !== word}
          >
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Asks for another name. */
export function RenameDialog({ session, onClose }: { session: Session; onClose: () => void }): JSX.Element {
  const { api, hub } = useWorld();
  const name = useSignal(session.name);
  const submission = useSubmission(async () => {
    hub.put(await api.call("session.configure", { session_name: session.id, name: name.value.trim() }));
  }, onClose);
  return (
    <Dialog title="Rename the session" onClose={onClose}>
      <form class="form" onSubmit={submission.submit}>
        <Field label="Name" hint="Letters, digits, dots, dashes and underscores">
          <input
            required
            autofocus
            maxLength={64}
            value={name.value}
            onInput={({ currentTarget }) => name.value = currentTarget.value}
          />
        </Field>
        {submission.problem === undefined ? null : <p class="problem" role="alert">{submission.problem}</p>}
        <div class="buttons end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="button primary" disabled={submission.isBusy}>Rename</button>
        </div>
      </form>
    </Dialog>
  );
}

/** A form that is being sent. */
interface Submission {
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  readonly submit: (event: Event) => void;
}

/** Sends a form; it stays open and says why if that fails. */
export function useSubmission(work: () => Promise<unknown>, onDone: () => void): Submission {
  const isBusy = useSignal(false);
  const problem = useSignal<string | undefined>(undefined);
  const run = async () => {
    isBusy.value = true;
    problem.value = undefined;
    try {
      await work();
      onDone();
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    } finally {
      isBusy.value = false;
    }
  };
  return {
    isBusy: isBusy.value,
    problem: problem.value,
    submit(event) {
      event.preventDefault();
      if (!isBusy.value) void run();
    },
  };
}
