import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useConversationView } from "./conversation_view.ts";

/** A line that unfolds. What it unfolds to is made when it is needed; when printed, everything is. */
export function Fold(
  { id, class: className, summary, isOpenAtFirst = false, children }: {
    /** Its key: what is unfolded stays so when the entry is drawn again. */
    id: string;
    class: string;
    summary: ComponentChildren;
    isOpenAtFirst?: boolean;
    children: () => ComponentChildren;
  },
): JSX.Element {
  const { unfolded, isPrinting } = useConversationView();
  const isOpen = useSignal(unfolded.get(id) ?? isOpenAtFirst);
  const isShown = isOpen.value || isPrinting.value;
  const toggle = (event: MouseEvent) => {
    event.preventDefault();
    isOpen.value = !isOpen.value;
    unfolded.set(id, isOpen.value);
  };
  return (
    <details class={`fold ${className}`} open={isShown}>
      <summary onClick={toggle}>{summary}</summary>
      {isShown ? <div class="fold-body">{children()}</div> : null}
    </details>
  );
}
