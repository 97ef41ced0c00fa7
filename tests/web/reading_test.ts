import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Locator } from "playwright-core";
import { waitFor } from "../helpers/wait.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

const suite = webSuite();

suite.test("Copy as Markdown copies the whole conversation", async ({ home, open }) => {
  await using session = await home.start("copied");
  await session.send("echo the first answer");
  await session.whenStatus("idle");
  await session.send("burst 300 30");
  await session.whenStatus("idle");
  const permissions = ["clipboard-read", "clipboard-write"];
  await using visitor = await open({ path: pathOfSession(session), context: { permissions } });
  const { page } = visitor;
  await sessionView(page).said("burst over");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Copy as Markdown" }).click();
  await page.getByRole("status").getByText("copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  for (const text of ["echo the first answer", "echo: the first answer", "burst 300 30", "burst over"]) {
    assertStringIncludes(copied, text);
  }
});

suite.test("on paper there is the conversation, without buttons and navigation", async ({ home, open }) => {
  await using session = await home.start("printed");
  await session.send("echo on paper");
  await session.whenStatus("idle");
  await using visitor = await open({ path: pathOfSession(session), theme: "dark" });
  const { page } = visitor;
  await sessionView(page).said("echo: on paper");
  await page.emulateMedia({ media: "print" });
  assertEquals(await page.getByRole("navigation", { name: "Main" }).isVisible(), false);
  assertEquals(await page.getByRole("textbox", { name: "Prompt" }).isVisible(), false);
  assert(await sessionView(page).answers.first().isVisible());
});

suite.test("a conversation that is longer than the screen is printed on several pages", async ({ home, open }) => {
  await using session = await home.start("long");
  await session.send("burst 60 400");
  await session.whenStatus("idle");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  await sessionView(page).said("burst over");
  const paper = new TextDecoder("latin1").decode(await page.pdf({ format: "A4" }));
  const pages = [...paper.matchAll(/\/Type\s*\/Page\b/g)].length;
  assert(pages >= 3, `${pages} pages`);
});

suite.test("what somebody reads stays in place while older messages load above it", async ({ home, open }) => {
  await using session = await home.start("scrolled");
  await session.send("burst 800 60");
  await session.whenStatus("idle");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const { log, said } = sessionView(page);
  await said("burst over");
  const { promise: isMeasured, resolve: measured } = Promise.withResolvers<void>();
  await page.route(/\/events\?.*before=/, async (route) => {
    await isMeasured;
    await route.continue();
  });
  await log.evaluate((log) => log.scrollTop = 300);
  const before = await waitFor("what is there to be drawn", () => topEntry(log));
  measured();
  await waitFor("older messages", async () => await log.evaluate(({ scrollHeight }) => scrollHeight) > before.height);
  const entry = log.locator(`[data-key="${before.key}"]`);
  // What is drawn is put right before it is shown, and this may look in between.
  await waitFor("the entry to be where it was", async () => {
    const top = await entry.evaluate((entry) => entry.getBoundingClientRect().top);
    return Math.abs(top - before.top) <= 2;
  });
});

/** Returns the entry at the upper edge of the conversation; nothing while it is not drawn. */
function topEntry(log: Locator): Promise<{ key: string; top: number; height: number } | undefined> {
  return log.evaluate((log) => {
    const edge = log.getBoundingClientRect().top;
    const entries = [...log.querySelectorAll("article")];
    const entry = entries.find((each) => each.getBoundingClientRect().bottom > edge);
    const top = entry?.getBoundingClientRect().top ?? Infinity;
    const isAtEdge = top - edge < 50;
    return isAtEdge ? { key: entry!.dataset["key"]!, top, height: log.scrollHeight } : undefined;
  });
}

suite.test("the first message is reached by scrolling, and the last with Jump to latest", async ({ home, open }) => {
  await using session = await home.start("jumped");
  await session.send("burst 800 60");
  await session.whenStatus("idle");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const { log, said } = sessionView(page);
  await said("burst over");
  await waitFor("the first message", async () => {
    await log.evaluate((log) => log.scrollTop = 0);
    return await log.getByRole("article", { name: "Prompt" }).count() > 0;
  });
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await waitFor("the last message", async () => {
    const box = await log.getByText("burst over").boundingBox();
    return box !== null && box.y < 800;
  });
});
