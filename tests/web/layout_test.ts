import { assert, assertEquals } from "@std/assert";
import { overflow, smallTargets, unreachableControls } from "./helpers/layout.ts";
import { pagesOf } from "./helpers/pages.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";
import { SIZES } from "./helpers/visitor.ts";

const suite = webSuite();
const EXPECTED = [/status of 40[349]/];

suite.test("at 200 % zoom no page is wider than the window, and every control can be reached", async ({ home, scene, open }) => {
  const context = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
  await using visitor = await open({ context, expected: EXPECTED });
  const { page } = visitor;
  const found: string[] = [];
  for (const { name, path, prepare } of pagesOf(home, await scene())) {
    await visitor.go(path);
    await prepare(page);
    const wider = await overflow(page);
    if (wider > 0) found.push(`${name} is ${wider} pixels too wide`);
    found.push(...(await unreachableControls(page)).map((control) => `${name}: ${control}`));
  }
  assertEquals(found, []);
});

suite.test("on a phone every target is large enough for a thumb, and no page is too wide", async ({ home, scene, open }) => {
  await using visitor = await open({ size: "phone", expected: EXPECTED });
  const { page } = visitor;
  const found: string[] = [];
  for (const { name, path, prepare } of pagesOf(home, await scene())) {
    await visitor.go(path);
    await prepare(page);
    const wider = await overflow(page);
    if (wider > 0) found.push(`${name} is ${wider} pixels too wide`);
    found.push(...(await smallTargets(page)).map((target) => `${name}: ${target}`));
  }
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
