import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { waitFor } from "../helpers/wait.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

/** What the browser logs while the hub is away. */
const AWAY = [/ERR_CONNECTION/, /ERR_EMPTY_RESPONSE/, /ERR_CONTENT_LENGTH_MISMATCH/, /WebSocket connection/];

const suite = webSuite();

/** The bar that tells of a lost connection. */
function bar(page: Page) {
  return page.getByRole("status").getByText("Connection lost");
}

suite.test("a killed hub is told in a quiet bar with the time, which goes when the hub is back", async ({ home, open }) => {
  await using session = await home.start("away");
  await using visitor = await open({ path: pathOfSession(session), expected: AWAY });
  const { page } = visitor;
  await sessionView(page).isShown("idle");
  assertEquals(await bar(page).count(), 0);
  await home.killHub();
  await page.getByRole("status").getByText(/Last contact \d\d:\d\d:\d\d/).waitFor();
  await home.startHub();
  await bar(page).waitFor({ state: "detached" });
});

suite.test("what happens while the hub is away appears when it is back, without a gap or a duplicate", async ({ home, open }) => {
  await using session = await home.start("gapless");
  await using visitor = await open({ path: pathOfSession(session), expected: AWAY });
  const { page } = visitor;
  await session.send("slow 40 50");
  await page.locator('article[aria-busy="true"]').waitFor();
  await home.killHub();
  await bar(page).waitFor();
  await home.startHub();
  const all = Array.from({ length: 40 }, (_, i) => i + 1).join(" ");
  await sessionView(page).said(all);
  await waitFor("one answer", async () => (await sessionView(page).answers.allInnerTexts()).length === 1);
});

suite.test("a session that is opened while the hub is away is shown when it is back", async ({ home, open }) => {
  await using session = await home.start("opened-away");
  await session.send("echo it was there");
  await session.whenStatus("idle");
  await using visitor = await open({ expected: AWAY });
  const { page } = visitor;
  const card = page.getByRole("main").getByRole("link", { name: session.name });
  await card.waitFor();
  await home.killHub();
  await bar(page).waitFor();
  await card.click();
  await page.getByText("cannot be reached").waitFor();
  await home.startHub();
  await sessionView(page).said("echo: it was there");
});
