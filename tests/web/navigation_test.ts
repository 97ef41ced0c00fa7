import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { waitFor } from "../helpers/wait.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

const suite = webSuite();

/** The name of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement: element } = document;
    return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
  });
}

suite.test("back and forward go through the pages that were seen", async ({ home, open }) => {
  await using session = await home.start("seen");
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("main").getByRole("link", { name: session.name }).click();
  await sessionView(page).isShown("idle");
  await page.getByRole("link", { name: "Settings" }).first().click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.goBack();
  await sessionView(page).isShown("idle");
  await page.goBack();
  await page.getByRole("region", { name: "Needs you" }).waitFor();
  await page.goForward();
  await page.getByRole("heading", { name: session.name }).waitFor();
});

suite.test("a link leads to a session by its name", async ({ home, open }) => {
  await using session = await home.start("linked");
  await using visitor = await open({ path: "/sessions/linked" });
  await visitor.page.getByRole("heading", { name: session.name }).waitFor();
});

suite.test("a link to what is not there says so, and leads Home", async ({ home, open }) => {
  await using visitor = await open({ path: "/sessions/nobody", expected: [/status of 404/] });
  const { page } = visitor;
  await page.getByRole("heading", { name: "No such session" }).waitFor();
  await page.getByRole("link", { name: "Go home" }).click();
  await page.waitForURL(`${home.url}/`);
  await page.getByRole("heading", { name: "No sessions yet" }).waitFor();
});

suite.test("a link leads to an event far above the end, and marks it", async ({ home, open }) => {
  await using session = await home.start("deep");
  await session.send("burst 600 40");
  await session.whenStatus("idle");
  const events = await home.call("session.events", { session_name: session.id, types: "assistant", limit: 50 });
  const event = events[40]!;
  await using visitor = await open({ path: `${pathOfSession(session)}?event=${event.id}` });
  const marked = visitor.page.locator(`article[data-event="${event.id}"][aria-current]`);
  await waitFor("the event to be in view", () => isInView(visitor.page, `[data-event="${event.id}"]`));
  assertEquals(await marked.count(), 1);
});

/** Whether an element is within what is shown. */
function isInView(page: Page, selector: string): Promise<boolean> {
  return page.evaluate((selector) => {
    const box = document.querySelector(selector)?.getBoundingClientRect();
    return box !== undefined && box.top >= 0 && box.bottom <= innerHeight;
  }, selector);
}

suite.test("a link leads to a permission, which is in view and has the focus", async ({ home, open }) => {
  const sessions = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((i) => home.start(`asks-${i}`, { prompt: `tool Bash touch file-${i}` })),
  );
  await using stack = new AsyncDisposableStack();
  for (const session of sessions) stack.use(session);
  const { id } = await sessions[5]!.whenAsked();
  await Promise.all(sessions.map((session) => session.whenAsked()));
  await using visitor = await open({ path: `/permissions/${id}` });
  const { page } = visitor;
  const has = () => page.evaluate(() => document.activeElement?.getAttribute("data-permission"));
  await waitFor("the focus", async () => await has() === id);
  await waitFor("the card in view", () => isInView(page, `[data-permission="${id}"]`));
});

suite.test("a link to a permission that was answered says so", async ({ home, open }) => {
  await using session = await home.start("answered", { prompt: "tool Bash touch it" });
  const { id } = await session.whenAsked();
  await home.call("permission.answer", { permission_id: id, decision: "allow" });
  await using visitor = await open({ path: `/permissions/${id}` });
  await visitor.page.getByText("was answered already").waitFor();
});

suite.test("j, k and Enter go from card to card and open one", async ({ home, open }) => {
  await using stack = new AsyncDisposableStack();
  for (const name of ["card-a", "card-b"]) stack.use(await home.start(name));
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("main").getByRole("link", { name: "card-a" }).waitFor();
  const names = await page.locator("[data-card] .card-name").allInnerTexts();
  await page.keyboard.press("j");
  assertEquals((await focused(page)).startsWith(names[0]!), true);
  await page.keyboard.press("j");
  assertEquals((await focused(page)).startsWith(names[1]!), true);
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: names[0]! }).waitFor();
});

suite.test("/ focuses the filter, which leaves the sessions that match", async ({ home, open }) => {
  await using stack = new AsyncDisposableStack();
  for (const name of ["parser", "printer"]) stack.use(await home.start(name));
  await using visitor = await open();
  const { page } = visitor;
  const cards = page.locator("[data-card]");
  await cards.nth(1).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("pars");
  await waitFor("one card", async () => await cards.count() === 1);
  assertEquals(await page.locator("[data-card] .card-name").innerText(), "parser");
});

suite.test("n opens the dialog for a session, and Escape gives the focus back", async ({ home, open }) => {
  await using session = await home.start("kept-focus");
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("main").getByRole("link", { name: session.name }).focus();
  await page.keyboard.press("n");
  const dialog = page.getByRole("dialog", { name: "New session" });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assertEquals((await focused(page)).startsWith(session.name), true);
});

suite.test("? shows the keys", async ({ home, open }) => {
  await using _session = await home.start("keys");
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).getByText("start a new session").waitFor();
});

suite.test("keys that are typed into a field mean letters", async ({ home, open }) => {
  await using session = await home.start("typing");
  await using visitor = await open({ path: pathOfSession(session) });
  const { prompt } = sessionView(visitor.page);
  await prompt.pressSequentially("n/j?");
  assertEquals([await prompt.inputValue(), await visitor.page.getByRole("dialog").count()], ["n/j?", 0]);
});

suite.test("the whole page is walked through with Tab, and the focus can be seen everywhere", async ({ home, open }) => {
  await using session = await home.start("tabbed", { prompt: "tool Bash touch tabbed" });
  await session.whenAsked();
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const wanted = ["Allow", "Allow for this session", "Deny", "Prompt", "More", "Model"];
  const seen: string[] = [];
  await page.getByRole("button", { name: "Deny" }).waitFor();
  for (let i = 0; i < 60 && wanted.some((name) => !seen.includes(name)); i++) {
    await page.keyboard.press("Tab");
    const { name, isVisible } = await page.evaluate(() => {
      const element = document.activeElement!;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      // The field of the prompt is shown by its frame.
      const frame = getComputedStyle(element.closest("form") ?? element);
      const isVisible = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none" ||
        frame.boxShadow !== "none" || frame.outlineStyle !== "none";
      return { name: element.getAttribute("aria-label") ?? element.textContent?.trim() ?? "", isVisible };
    });
    assertEquals(isVisible, true, `the focus on ${name} cannot be seen`);
    seen.push(name);
  }
  assertEquals(wanted.filter((name) => !seen.includes(name)), []);
});

suite.test("the theme is remembered, and there before anything is drawn", async ({ open }) => {
  await using visitor = await open({ path: "/settings/appearance", theme: "light" });
  const { page } = visitor;
  const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await back();
  await page.getByRole("radio", { name: "Dark" }).check();
  const dark = await back();
  assertEquals(light === dark, false);
  await page.reload({ waitUntil: "commit" });
  await page.waitForFunction(() => document.body !== null);
  assertEquals(await back(), dark);
  await page.getByRole("radio", { name: "System" }).check();
  assertEquals(await back(), light);
});
