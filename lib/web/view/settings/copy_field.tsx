import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";

/** A text to be copied. */
export function CopyField({ label, text }: { label: string; text: string }): JSX.Element {
  const { toasts } = useWorld();
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    field.current?.select();
    // Over plain http, browsers give a page of another machine no clipboard.
    if (navigator.clipboard === undefined) return toasts.say("The text is selected: copy it.");
    await navigator.clipboard.writeText(text);
    toasts.say("Copied.");
  };
  return (
    <div class="copy-field">
      <input
        ref={field}
        class="mono"
        readOnly
        aria-label={label}
        value={text}
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
      <Button icon="copy" onClick={copy}>Copy</Button>
    </div>
  );
}
