import type { Page } from "playwright-core";

/** How far the end of the conversation is below what is shown, in pixels. */
export function distanceToEnd(page: Page): Promise<number> {
  return page.getByRole("log").evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop);
}

/** Where somebody reads. */
export interface ShownPlace {
  /** The event of the entry at the upper edge. */
  readonly event: number;
  /** Where the entry begins, in pixels. */
  readonly top: number;
}

/** Where somebody reads, as it is drawn: between two frames the page may be about to put it right. */
export function placeOf(page: Page): Promise<ShownPlace> {
  return page.getByRole("log").evaluate(async (log) => {
    const measure = () => {
      const edge = log.getBoundingClientRect().top;
      const entries = [...log.querySelectorAll<HTMLElement>("article")];
      const first = entries.find((entry) => entry.getBoundingClientRect().bottom > edge + 1);
      return { event: Number(first?.dataset["event"]), top: Math.round(first?.getBoundingClientRect().top ?? 0) };
    };
    const drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    for (let place = measure();;) {
      await drawn();
      const next = measure();
      if (next.event === place.event && next.top === place.top) return next;
      place = next;
    }
  });
}
