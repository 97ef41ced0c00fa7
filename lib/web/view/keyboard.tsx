import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openNewSession } from "../state/dialogs.ts";
import { Dialog } from "./controls.tsx";

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "filter the sessions"],
  ["j, k", "go to the next or previous card"],
  ["Enter", "open the card"],
  ["n", "start a new session"],
  ["?", "show this list"],
  ["Esc", "close what is open"],
];

/** The keys that work everywhere, and their list. */
export function Keyboard(): JSX.Element | null {
  const isShown = useSignal(false);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (isTyping(event) || document.querySelector("dialog[open]") !== null) return;
      if (act(event.key, isShown)) event.preventDefault();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
  if (!isShown.value) return null;
  return (
    <Dialog title="Keyboard" onClose={() => isShown.value = false}>
      <dl class="keys">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function isTyping({ target, metaKey, ctrlKey, altKey }: KeyboardEvent): boolean {
  if (metaKey || ctrlKey || altKey) return true;
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** Returns whether the key means something. */
function act(key: string, isShown: { value: boolean }): boolean {
  switch (key) {
    case "n":
      openNewSession();
      return true;
    case "?":
      isShown.value = true;
      return true;
    case "/":
      return focusOn(document.querySelector<HTMLElement>("[data-filter]"));
    case "j":
      return moveBy(1);
    case "k":
      return moveBy(-1);
    default:
      return false;
  }
}

function moveBy(step: number): boolean {
  const cards = [...document.querySelectorAll<HTMLElement>("[data-card]")];
  const at = cards.findIndex((card) => card === document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : cards.length - 1) : Math.min(cards.length - 1, Math.max(0, at + step));
  return focusOn(cards[next]);
}

function focusOn(element: HTMLElement | null | undefined): boolean {
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
  return element !== null && element !== undefined;
}
