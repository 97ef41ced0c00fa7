import type { Page } from "playwright-core";
import { pagesOf, type ShownPage } from "./pages.ts";
import type { WebParts } from "./suite.ts";
import type { VisitOptions } from "./visitor.ts";

/**
 * Opens all pages of somebody who has signed in, one after the other, and looks at each.
 *
 * @param options How they are visited.
 * @param look Called when a page is in its state; what it changes there is gone when the next page is opened.
 */
export async function walk(
  { home, scene, open }: WebParts,
  options: VisitOptions,
  look: (page: Page, shown: ShownPage) => Promise<void>,
): Promise<void> {
  await using visitor = await open({ ...options, expected: [/status of 40[349]/] });
  for (const shown of pagesOf(home, await scene())) {
    await visitor.go(shown.path);
    await shown.prepare(visitor.page);
    await look(visitor.page, shown);
  }
}
