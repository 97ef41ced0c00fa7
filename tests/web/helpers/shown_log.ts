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

/** What axe finds in the conversation, in a line each. */
export async function axeViolations(page: Page, axe: string): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    // deno-lint-ignore no-explicit-any -- the script has put it there
    const { axe } = globalThis as any;
    const runOnly = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run('[role="log"]', { runOnly });
    // deno-lint-ignore no-explicit-any -- as above
    return violations.map(({ id, nodes }: any) => `${id}: ${nodes.map((node: any) => node.html).join(" ")}`);
  });
}
