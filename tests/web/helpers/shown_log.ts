import type { Page } from "playwright-core";

/** How far the end of the conversation is below what is shown, in pixels. */
export function distanceToEnd(page: Page): Promise<number> {
  return page.getByRole("log").evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop);
}

/** The event of the entry at the upper edge, and where the entry begins, in pixels. */
export function placeOf(page: Page): Promise<{ readonly event: number; readonly top: number }> {
  return page.getByRole("log").evaluate((log) => {
    const edge = log.getBoundingClientRect().top;
    const entries = [...log.querySelectorAll<HTMLElement>("article")];
    const first = entries.find((entry) => entry.getBoundingClientRect().bottom > edge + 1);
    return { event: Number(first?.dataset["event"]), top: Math.round(first?.getBoundingClientRect().top ?? 0) };
  });
}
