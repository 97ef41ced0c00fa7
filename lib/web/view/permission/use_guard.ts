import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { useWorld } from "../../state/world.ts";

/** How long a card cannot be answered after the cards have moved, in milliseconds. */
const STILL_MS = 400;

/**
 * Whether a card can be answered. It cannot for a moment after it has appeared, or another card has come or gone: what
 * was pressed could have been meant for what was there before.
 */
export function useStillness(): ReadonlySignal<boolean> {
  const { hub } = useWorld();
  const isStill = useSignal(false);
  const shown = hub.permissions.value.map(({ id }) => id).join();
  useLayoutEffect(() => {
    isStill.value = false;
    const timer = setTimeout(() => isStill.value = true, STILL_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  return isStill;
}

/** Moves the focus on when a card goes that has it: to the next card, the one before, or the page. */
export function useFocusKeeper(card: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => () => {
    const gone = card.current;
    if (gone === null || !gone.contains(document.activeElement)) return;
    const cards = [...document.querySelectorAll<HTMLElement>("[data-permission]")];
    const at = cards.indexOf(gone);
    const next = cards[at + 1] ?? cards[at - 1] ?? document.querySelector<HTMLElement>("main");
    queueMicrotask(() => next?.focus());
  }, []);
}

/** Scrolls to a card and focuses it, once. */
export function useReveal(card: RefObject<HTMLElement | null>, isRevealed: boolean): void {
  useEffect(() => {
    if (!isRevealed) return;
    card.current?.scrollIntoView({ block: "center" });
    card.current?.focus({ preventScroll: true });
  }, [isRevealed]);
}
