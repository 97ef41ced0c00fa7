/**
 * Draws all of a conversation before it is printed.
 *
 * @module
 */

import { options } from "preact";
import { useEffect } from "preact/hooks";
import type { ConversationView } from "./conversation_view.ts";

/** Unfolds everything while the page is printed. */
export function usePrinting({ isPrinting }: ConversationView): void {
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    addEventListener("beforeprint", () => drawNow(() => isPrinting.value = true), { signal });
    addEventListener("afterprint", () => isPrinting.value = false, { signal });
    return () => stop.abort();
  }, [isPrinting]);
}

/** Makes a change and draws it at once: the browser takes its picture of the page when the event is over. */
function drawNow(change: () => void): void {
  const { debounceRendering } = options;
  options.debounceRendering = (draw) => draw();
  try {
    change();
  } finally {
    if (debounceRendering === undefined) delete options.debounceRendering;
    else options.debounceRendering = debounceRendering;
  }
}
