import type { Locator, Page } from "playwright-core";
import { waitFor } from "../helpers/wait.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

const suite = webSuite();

/** The rows of the terminal that is shown. */
function screenOf(page: Page): Locator {
  return page.frameLocator('iframe[title^="Terminal of"]').locator(".xterm-rows");
}

/** Waits until the terminal shows a text. */
async function shows(page: Page, text: string): Promise<void> {
  // The rows use spaces that do not break.
  await waitFor(`"${text}" in the terminal`, async () => {
    return (await screenOf(page).innerText()).replaceAll("\u00a0", " ").includes(text);
  });
}

suite.test("a terminal is taken over, typed into, and given back", async ({ home, open }) => {
  await using session = await home.start("typed");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const view = sessionView(page);
  await view.isShown("idle");
  await page.getByRole("button", { name: "Attach in terminal" }).click();
  await shows(page, "❯");
  await page.keyboard.type("echo from the keyboard");
  await page.keyboard.press("Enter");
  await shows(page, "echo: from the keyboard");
  await view.isShown("interactive");
  await page.getByRole("button", { name: "Give the session back" }).click();
  await view.isShown("idle");
  await view.log.getByText("echo from the keyboard").waitFor();
}, "tmux");

suite.test("a prompt that is sent while somebody has the terminal waits until it is given back", async (
  { home, open },
) => {
  await using session = await home.start("held");
  await using visitor = await open({ path: `${pathOfSession(session)}/terminal` });
  const { page } = visitor;
  await shows(page, "❯");
  await session.send("echo after the terminal");
  await waitFor("the queue", async () => (await session.read()).queue.length === 1);
  await page.getByRole("button", { name: "Give the session back" }).click();
  await sessionView(page).said("echo: after the terminal");
}, "tmux");

suite.test("the terminal has the size of its place", async ({ home, open }) => {
  await using session = await home.start("sized");
  await using visitor = await open({ path: `${pathOfSession(session)}/terminal`, size: "phone" });
  const { page } = visitor;
  await shows(page, "❯");
  const rows = () => screenOf(page).locator(":scope > div").count();
  const before = await rows();
  await page.setViewportSize({ width: 390, height: 500 });
  await waitFor("fewer rows", async () => await rows() < before);
}, "tmux");
