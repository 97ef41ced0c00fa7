import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Session } from "../../../sessions/types.ts";
import { type AttachedImage, promptOf, readImages } from "../../state/images.ts";
import { keepDraft, readDraft } from "../../state/drafts.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { Completion, useCompletion } from "./completion.tsx";

/** Where somebody writes to the agent. */
export function Composer({ session }: { session: Session }): JSX.Element {
  const { api, hosts, toasts } = useWorld();
  const away = hosts.awayHostOf(session);
  const text = useSignal(readDraft(session.id));
  const images = useSignal<readonly AttachedImage[]>([]);
  const isSending = useSignal(false);
  const isOver = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const write = (value: string) => {
    text.value = value;
    keepDraft(session.id, value);
  };
  const completion = useCompletion(session, field, write);
  useEffect(() => grow(field.current), [text.value]);
  const attach = async (files: readonly File[]) => {
    try {
      images.value = [...images.value, ...await readImages(files, images.value)];
    } catch (error) {
      toasts.failure(error);
    }
  };
  const isEmpty = text.value.trim() === "" && images.value.length === 0;
  const send = async () => {
    if (isEmpty || isSending.value || away !== undefined) return;
    isSending.value = true;
    const [sentText, sentImages] = [text.value, images.value];
    try {
      const prompt = promptOf(sentText, sentImages);
      await api.call("prompt.send", { session_name: session.id, prompt, start_if_stopped: true });
      // What was typed meanwhile stays.
      if (text.value === sentText) write("");
      if (images.value === sentImages) images.value = [];
    } catch (error) {
      toasts.failure(error);
    } finally {
      isSending.value = false;
      field.current?.focus();
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (completion.take(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || isTouch()) return;
    event.preventDefault();
    void send();
  };
  return (
    <form
      class={isOver.value ? "composer over" : "composer"}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => isOver.value = false}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        void attach([...event.dataTransfer?.files ?? []]);
      }}
    >
      <Completion completion={completion} />
      <ImageList
        images={images.value}
        onRemove={(id) => images.value = images.value.filter((each) => each.id !== id)}
      />
      <div class="composer-row">
        <FileButton onFiles={attach} />
        <textarea
          ref={field}
          aria-label="Prompt"
          rows={1}
          placeholder={away === undefined ? placeholderOf(session) : `Can be sent when ${away.name} is back`}
          value={text.value}
          {...completion.attributes}
          onInput={({ currentTarget }) => {
            write(currentTarget.value);
            completion.look();
          }}
          onKeyDown={onKeyDown}
          onBlur={() => completion.close()}
          onPaste={(event) => {
            const files = [...event.clipboardData?.files ?? []];
            if (files.length === 0) return;
            event.preventDefault();
            void attach(files);
          }}
        />
        <button type="submit" class="button primary" disabled={isEmpty || isSending.value || away !== undefined}>
          <Icon name="send-horizontal" />
          <span>Send</span>
        </button>
      </div>
    </form>
  );
}

function ImageList(
  { images, onRemove }: { images: readonly AttachedImage[]; onRemove: (id: string) => void },
): JSX.Element | null {
  if (images.length === 0) return null;
  return (
    <ul class="composer-images" aria-label="Images">
      {images.map(({ id, name, type, data }) => (
        <li key={id}>
          <img src={`data:${type};base64,${data}`} alt={name} />
          <Button kind="quiet" icon="x" label={`Remove ${name}`} onClick={() => onRemove(id)} />
        </li>
      ))}
    </ul>
  );
}

function FileButton({ onFiles }: { onFiles: (files: readonly File[]) => Promise<void> }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          void onFiles([...currentTarget.files ?? []]);
          currentTarget.value = "";
        }}
      />
      <Button kind="quiet" icon="image" label="Add images" onClick={() => input.current?.click()} />
    </>
  );
}

function placeholderOf({ mode, status }: Session): string {
  if (mode === "interactive") return "Queued until the terminal is left";
  if (status === "active" || status === "waiting_permission") return "Queue a prompt";
  if (status === "stopped" || status === "error") return "Go on with a prompt";
  return "Tell the agent what to do";
}

/** On a phone, Enter begins a new line, and the button sends. */
function isTouch(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}

/** Lets a field grow with its text, as far as the style allows. */
function grow(field: HTMLTextAreaElement | null): void {
  if (field === null || CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}
