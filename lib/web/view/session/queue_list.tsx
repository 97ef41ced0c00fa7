import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { QueuedPrompt, Session } from "../../../sessions/types.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";

/** The prompts that wait for their turn. */
export function QueueList({ session }: { session: Session }): JSX.Element | null {
  const { api, toasts } = useWorld();
  const dragged = useSignal<string | undefined>(undefined);
  if (session.queue.length === 0) return null;
  const name = { session_name: session.id };
  const move = (prompt_id: string, position: number) => api.call("prompt.move", { ...name, prompt_id, position });
  const drop = (position: number) => {
    const id = dragged.value;
    dragged.value = undefined;
    if (id !== undefined) move(id, position).catch((error) => toasts.failure(error));
  };
  return (
    <section class="queue">
      <h2 class="small muted">Next</h2>
      <ol aria-label="Queue">
        {session.queue.map((prompt, i) => (
          <QueueItem
            key={prompt.id}
            session={session}
            prompt={prompt}
            isFirst={i === 0}
            onMoveUp={() => move(prompt.id, i)}
            onDrag={() => dragged.value = prompt.id}
            onDrop={() => drop(i + 1)}
          />
        ))}
      </ol>
    </section>
  );
}

function QueueItem(
  { session, prompt, isFirst, onMoveUp, onDrag, onDrop }: {
    session: Session;
    prompt: QueuedPrompt;
    isFirst: boolean;
    onMoveUp: () => Promise<unknown>;
    onDrag: () => void;
    onDrop: () => void;
  },
): JSX.Element {
  const { api } = useWorld();
  const isEditing = useSignal(false);
  const target = { session_name: session.id, prompt_id: prompt.id };
  const { text, isPlain } = textOf(prompt);
  if (isEditing.value) {
    return (
      <li class="queue-item">
        <Editor
          text={text}
          onCancel={() => isEditing.value = false}
          onSave={async (edited) => {
            await api.call("prompt.edit", { ...target, prompt: edited });
            isEditing.value = false;
          }}
        />
      </li>
    );
  }
  return (
    <li
      class="queue-item"
      draggable
      onDragStart={onDrag}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        onDrop();
      }}
    >
      <span class="queue-grip" aria-hidden="true">
        <Icon name="grip-vertical" />
      </span>
      <span class="queue-text">{text}</span>
      <Button kind="quiet" icon="arrow-up" label="Move up" disabled={isFirst} onClick={onMoveUp} />
      <Button
        kind="quiet"
        icon="pencil"
        label="Edit"
        disabled={!isPlain}
        onClick={() => void (isEditing.value = true)}
      />
      <Button kind="quiet" icon="x" label="Remove" onClick={() => api.call("prompt.remove", target)} />
    </li>
  );
}

function Editor(
  { text, onSave, onCancel }: { text: string; onSave: (text: string) => Promise<unknown>; onCancel: () => void },
): JSX.Element {
  const { toasts } = useWorld();
  const edited = useSignal(text);
  const save = () => {
    if (edited.value.trim() !== "") onSave(edited.value).catch((error) => toasts.failure(error));
  };
  return (
    <form
      class="queue-editor"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        aria-label="Queued prompt"
        rows={2}
        autofocus
        value={edited.value}
        onInput={({ currentTarget }) => edited.value = currentTarget.value}
        onKeyDown={(event) => {
          if (event.key === "Escape") return onCancel();
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          save();
        }}
      />
      <div class="buttons">
        <button type="submit" class="button primary" disabled={edited.value.trim() === ""}>Save</button>
        <button type="button" class="button" onClick={onCancel}>Cancel</button>
      </div>
    </form>
  );
}

/** What is shown of a prompt, and whether that is all of it. */
function textOf({ prompt }: QueuedPrompt): { readonly text: string; readonly isPlain: boolean } {
  if (typeof prompt === "string") return { text: prompt, isPlain: true };
  if (!Array.isArray(prompt)) return { text: "a long prompt", isPlain: false };
  const parts = prompt.map(({ type, text }) => type === "text" ? String(text) : `[${type}]`);
  return { text: parts.join(" "), isPlain: false };
}
