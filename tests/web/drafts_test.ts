import { assertEquals } from "@std/assert";
import { waitFor } from "../helpers/wait.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

const suite = webSuite();
const DRAFT = "a long thought, not yet sent\nin two lines";

suite.test("a draft is still there after a reload", async ({ home, open }) => {
  await using session = await home.start("reloads");
  await using visitor = await open({ path: pathOfSession(session) });
  const { prompt } = sessionView(visitor.page);
  await prompt.fill(DRAFT);
  await visitor.page.reload();
  await waitFor("the draft", async () => await prompt.inputValue() === DRAFT);
});

suite.test("a draft is still there after the tab has crashed", async ({ home, open }) => {
  await using session = await home.start("crashes");
  await using visitor = await open({ path: pathOfSession(session) });
  await sessionView(visitor.page).prompt.fill(DRAFT);
  const crashed = visitor.page.waitForEvent("crash");
  const devtools = await visitor.context.newCDPSession(visitor.page);
  // The tab is gone before it can answer.
  devtools.send("Page.crash").catch(() => {});
  await crashed;
  const page = await visitor.tab(pathOfSession(session));
  await waitFor("the draft", async () => await sessionView(page).prompt.inputValue() === DRAFT);
});

suite.test("each session has a draft of its own, and sending forgets it", async ({ home, open }) => {
  await using one = await home.start("one");
  await using other = await home.start("other");
  await using visitor = await open({ path: pathOfSession(one) });
  const { page } = visitor;
  await sessionView(page).prompt.fill("echo for one");
  await visitor.go(pathOfSession(other));
  assertEquals(await sessionView(page).prompt.inputValue(), "");
  await page.goBack();
  await sessionView(page).prompt.press("Enter");
  await sessionView(page).said("echo: for one");
  await page.reload();
  await sessionView(page).said("echo: for one");
  assertEquals(await sessionView(page).prompt.inputValue(), "");
});
