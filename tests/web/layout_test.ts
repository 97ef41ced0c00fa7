import { assert, assertEquals } from "@std/assert";
import { violationsInBothThemes } from "./helpers/axe.ts";
import { overflow, smallTargets, unreachableControls } from "./helpers/layout.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { type WebParts, webSuite } from "./helpers/suite.ts";
import { SIZES } from "./helpers/visitor.ts";
import { walk } from "./helpers/walk.ts";

const suite = webSuite();

/** What was found on the pages of a phone. */
interface Findings {
  readonly violations: readonly string[];
  readonly layout: readonly string[];
}

let findings: Promise<Findings> | undefined;

/** Looks at each page on a phone; only once, because opening the pages takes longer than looking at them. */
function lookAtPages(parts: WebParts): Promise<Findings> {
  return findings ??= (async () => {
    const [violations, layout]: [string[], string[]] = [[], []];
    await walk(parts, { size: "phone" }, async (page, { name }) => {
      violations.push(...(await violationsInBothThemes(page)).map((violation) => `${name}, ${violation}`));
      const wider = await overflow(page);
      if (wider > 0) layout.push(`${name} is ${wider} pixels too wide`);
      layout.push(...(await smallTargets(page)).map((target) => `${name}: ${target}`));
    });
    return { violations, layout };
  })();
}

suite.test("axe finds no violation on any page, in both themes (phone)", async (parts) => {
  assertEquals((await lookAtPages(parts)).violations, []);
});

suite.test("on a phone every target is large enough for a thumb, and no page is too wide", async (parts) => {
  assertEquals((await lookAtPages(parts)).layout, []);
});

suite.test("at 200 % zoom no page is wider than the window, and every control can be reached", async (parts) => {
  const found: string[] = [];
  await walk(
    parts,
    { context: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 } },
    async (page, { name }) => {
      const wider = await overflow(page);
      if (wider > 0) found.push(`${name} is ${wider} pixels too wide`);
      found.push(...(await unreachableControls(page)).map((control) => `${name}: ${control}`));
    },
  );
  assertEquals(found, []);
});

for (const size of SIZES) {
  suite.test(`nothing that can be pressed is behind the field of the prompt (${size})`, async ({ scene, open }) => {
    const { permission } = await scene();
    await using visitor = await open({ size, path: pathOfSession(permission) });
    const { page } = visitor;
    await page.getByRole("button", { name: "Deny" }).waitFor();
    await sessionView(page).log.evaluate((log) => log.scrollTop = log.scrollHeight);
    const [last, composer] = await page.evaluate(() => {
      const buttons = [...document.querySelectorAll(".session button, .session summary, .session a")];
      const composer = document.querySelector(".composer")!;
      const above = buttons.filter((button) =>
        button.checkVisibility() && button.compareDocumentPosition(composer) & Node.DOCUMENT_POSITION_FOLLOWING
      );
      const bottom = (element: Element) => element.getBoundingClientRect().bottom;
      return [Math.max(...above.map(bottom)), composer.getBoundingClientRect().top];
    });
    assert(last! <= composer!, `a button ends at ${last}, and the field begins at ${composer}`);
  });
}
