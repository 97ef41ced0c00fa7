import axe from "axe-core/axe.min.js" with { type: "text" };
import type { Frame, Page } from "playwright-core";

/** All rules. */
export const ALL_RULES: readonly string[] = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];
/** The rules about colours, the only ones that another theme can break. */
export const COLOUR_RULES: readonly string[] = ["color-contrast", "link-in-text-block"];

/** What is read of a report. */
interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/**
 * Returns what axe finds, in a line each.
 *
 * @param rules Its rules or groups of rules.
 * @param selector What is looked at. @default {the whole document}
 */
export async function axeViolations(
  page: Page | Frame,
  rules: readonly string[] = ALL_RULES,
  selector = ":root",
): Promise<string[]> {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axe);
  const violations: readonly Violation[] = await page.evaluate(async ({ selector, runOnly }) => {
    // deno-lint-ignore no-explicit-any -- the script has put it there
    const { axe } = globalThis as any;
    return (await axe.run(selector, { runOnly, resultTypes: ["violations"], preload: false })).violations;
  }, { selector, runOnly: rules });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" ")}`);
}

/** Returns what axe finds in the light theme, and then in the dark one; the page is light again at the end. */
export async function violationsInBothThemes(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light" });
  const light = await axeViolations(page, ALL_RULES);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await axeViolations(page, COLOUR_RULES);
  await page.emulateMedia({ colorScheme: "light" });
  return [...light.map((violation) => `light: ${violation}`), ...dark.map((violation) => `dark: ${violation}`)];
}
