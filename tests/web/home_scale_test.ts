import { assert } from "@std/assert";
import { waitFor } from "../helpers/wait.ts";
import { manySessions } from "./helpers/many.ts";
import { webSuite } from "./helpers/suite.ts";

const SESSIONS = 500;
/** The most elements that Home may have, however many sessions there are. */
const MAX_ELEMENTS = 3_000;

const suite = webSuite({ stored: manySessions(SESSIONS) });

suite.test("with 500 sessions Home draws a part of them, and the filter finds each", async ({ open }) => {
  await using visitor = await open();
  const { page } = visitor;
  const cards = page.locator("[data-card]");
  await page.getByRole("region", { name: `Stopped ${SESSIONS}` }).getByRole("button", { name: "Show" }).first().click();
  await cards.nth(20).waitFor();
  const elements = await page.evaluate(() => document.querySelectorAll("*").length);
  assert(elements < MAX_ELEMENTS, `${elements} elements`);
  const names = Object.keys(manySessions(SESSIONS));
  for (const name of [names[0]!, names[250]!, names[499]!]) {
    await page.getByRole("searchbox").fill(name);
    await page.getByRole("main").getByRole("link", { name }).waitFor();
  }
  await waitFor("one card", async () => await cards.count() === 1);
});
