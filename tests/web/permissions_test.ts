import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { isThere } from "../../lib/system/private_files.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

/** Within this time an answer on one device must be seen on another, in milliseconds. */
const SEEN_MS = 1_000;

const suite = webSuite();

/** The region of Home with what waits for a person. */
function needsYou(page: Page) {
  return page.getByRole("region", { name: "Needs you" });
}

for (const size of ["desk", "phone"] as const) {
  suite.test(`a permission is answered with Allow on Home (${size})`, async ({ home, open }) => {
    await using session = await home.start(`allows-${size}`, { prompt: "tool Bash touch allowed" });
    await using visitor = await open({ size });
    const card = needsYou(visitor.page).getByRole("article", { name: session.name });
    await card.getByRole("group", { name: "Command" }).getByText("touch allowed").waitFor();
    await card.getByRole("button", { name: "Allow", exact: true }).click();
    await card.waitFor({ state: "detached" });
    await session.whenStatus("idle");
    assert(await isThere(`${session.path}/allowed`));
  });
}

suite.test("Deny asks for a message, and a second Deny sends it", async ({ home, open }) => {
  await using session = await home.start("denies", { prompt: "tool Bash touch denied" });
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const card = needsYou(page).getByRole("article");
  await card.getByRole("button", { name: "Deny" }).click();
  await card.getByLabel("Message").fill("use a file of your own");
  await card.getByRole("button", { name: "Deny" }).click();
  await sessionView(page).said("denied: use a file of your own");
  assertEquals(await isThere(`${session.path}/denied`), false);
});

suite.test("Allow for this session says what it covers, and the same is not asked again", async ({ home, open }) => {
  await using session = await home.start("covers", { prompt: "tool Bash touch again" });
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const button = needsYou(page).getByRole("button", { name: "Allow for this session" });
  const { permissions: [id] } = await session.read();
  assertMatch(await page.locator(`#covers-${id}`).innerText(), /touch again/);
  await button.click();
  const view = sessionView(page);
  await view.said("ran:");
  await view.send("tool Bash touch again");
  await view.log.getByRole("article", { name: "End of the turn" }).nth(1).waitFor();
});

suite.test("a permission that is answered on the phone vanishes from the desk within a second", async ({ home, open }) => {
  await using session = await home.start("two-screens", { prompt: "tool Bash touch here" });
  await using desk = await open();
  await using phone = await open({ size: "phone" });
  const [onDesk, onPhone] = [desk, phone].map(({ page }) =>
    needsYou(page).getByRole("article", { name: session.name })
  ) as [ReturnType<Page["locator"]>, ReturnType<Page["locator"]>];
  await onDesk.waitFor();
  await onPhone.getByRole("button", { name: "Allow", exact: true }).tap();
  await onPhone.waitFor({ state: "detached" });
  await onDesk.waitFor({ state: "detached", timeout: SEEN_MS });
});

suite.test("who answers second is told who was faster, and what they said", async ({ home, open }) => {
  await using session = await home.start("a-race", { prompt: "tool Bash touch raced" });
  await using visitor = await open({ path: pathOfSession(session), expected: [/status of 409/] });
  const { page } = visitor;
  const button = needsYou(page).getByRole("button", { name: "Allow", exact: true });
  await button.waitFor();
  const { id } = await session.whenAsked();
  // The answer of somebody else is on its way to the hub before this one.
  await page.route("**/api/permissions/**", async (route) => {
    await home.call("permission.answer", { permission_id: id, decision: "deny" });
    await route.continue();
  });
  await button.click();
  const told = page.getByRole("status").getByText(/answered|denied/i);
  await told.first().waitFor();
  assertMatch(await told.first().innerText(), /command line|token/i);
  assertMatch(await told.first().innerText(), /den/i);
});

suite.test("who only watches is told who has answered, and what", async ({ home, open }) => {
  await using session = await home.start("watched", { prompt: "tool Bash touch watched" });
  await using visitor = await open();
  const { page } = visitor;
  await needsYou(page).getByRole("article", { name: session.name }).waitFor();
  const { id } = await session.whenAsked();
  await home.call("permission.answer", { permission_id: id, decision: "deny" });
  await page.getByRole("status").getByText("denied Bash in watched").waitFor();
});

suite.test("the title of the tab counts what needs somebody", async ({ home, open }) => {
  await using session = await home.start("counted", { prompt: "tool Bash touch counted" });
  await session.whenAsked();
  await using visitor = await open();
  await needsYou(visitor.page).getByRole("article").first().waitFor();
  assertEquals(await visitor.page.title(), "(1) claustrum");
});

suite.test("a changed command runs as it was changed", async ({ home, open }) => {
  await using session = await home.start("edits", { prompt: "tool Bash touch before" });
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const card = needsYou(page).getByRole("article");
  await card.getByRole("button", { name: "Edit command" }).click();
  await card.getByLabel("Command").fill("touch after");
  await card.getByRole("button", { name: "Allow", exact: true }).click();
  await session.whenStatus("idle");
  assertEquals([await isThere(`${session.path}/before`), await isThere(`${session.path}/after`)], [false, true]);
});

suite.test("characters of a command that nobody sees are shown as codes", async ({ home, open }) => {
  await using session = await home.start("hides", { prompt: "tool Bash echo a\u202eb" });
  await using visitor = await open({ path: pathOfSession(session) });
  await needsYou(visitor.page).getByText("echo a\\u{202e}b").waitFor();
  await needsYou(visitor.page).getByText("contains characters that cannot be seen").waitFor();
});
