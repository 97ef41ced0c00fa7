import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { ALL_RULES, axeViolations, COLOUR_RULES } from "./helpers/axe.ts";
import { pagesOf } from "./helpers/pages.ts";
import { webSuite } from "./helpers/suite.ts";
import { SIZES } from "./helpers/visitor.ts";

const suite = webSuite();

/** Returns what axe finds in the light theme, and then in the dark one. */
async function violationsInBothThemes(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light" });
  const light = await axeViolations(page, ALL_RULES);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await axeViolations(page, COLOUR_RULES);
  return [...light.map((violation) => `light: ${violation}`), ...dark.map((violation) => `dark: ${violation}`)];
}

for (const size of SIZES) {
  suite.test(`axe finds no violation on any page, in both themes (${size})`, async ({ home, scene, open }) => {
    await using visitor = await open({ size, expected: [/status of 40[349]/] });
    const found: string[] = [];
    for (const { name, path, prepare } of pagesOf(home, await scene())) {
      await visitor.go(path);
      await prepare(visitor.page);
      found.push(...(await violationsInBothThemes(visitor.page)).map((violation) => `${name}, ${violation}`));
    }
    assertEquals(found, []);
  });

  suite.test(`axe finds no violation where one signs in, in both themes (${size})`, async ({ openSignedOut }) => {
    await using visitor = await openSignedOut({ size });
    const { page } = visitor;
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    assertEquals(await violationsInBothThemes(page), []);
  });
}
