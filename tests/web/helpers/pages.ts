import type { Page } from "playwright-core";
import type { Scene } from "./scene.ts";
import { pathOfSession } from "./session_view.ts";
import type { WebHome } from "./web_home.ts";

/** A page in a state. */
export interface ShownPage {
  /** Unique, as the name of a file. */
  readonly name: string;
  readonly path: string;
  /** Brings the page into its state, and waits until all of it is there. */
  readonly prepare: (page: Page) => Promise<void>;
  /** Leaves of a long list what is the same in every run. */
  readonly narrow?: (page: Page) => Promise<void>;
}

/** All pages of somebody who has signed in, with the sessions of a scene. */
export function pagesOf(home: Pick<WebHome, "work">, scene: Scene): readonly ShownPage[] {
  return [
    { name: "home", path: "/", prepare: isHomeThere },
    { name: "keyboard", path: "/", prepare: openKeyboard },
    { name: "new-session", path: "/", prepare: openNewSession },
    { name: "trust", path: "/", prepare: (page) => askForTrust(page, home.work) },
    ...sessionPages(scene),
    ...SETTINGS,
    { name: "no-session", path: "/sessions/nobody", prepare: (page) => heading(page, "No such session") },
  ];
}

function sessionPages(scene: Scene): readonly ShownPage[] {
  const page = (name: string, session: { readonly id: string }, prepare: ShownPage["prepare"]) => ({
    name: `session-${name}`,
    path: pathOfSession(session),
    prepare,
  });
  const button = (name: string) => async (page: Page) => {
    await page.getByRole("button", { name, exact: true }).first().waitFor();
    await isQuiet(page);
    await page.waitForFunction(() => document.querySelector('.permission-buttons[aria-disabled="true"]') === null);
  };
  return [
    page("idle", scene.idle, async (page) => {
      await page.getByRole("article", { name: "End of the turn" }).waitFor();
    }),
    page("menu", scene.idle, async (page) => {
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("menu").waitFor();
    }),
    page("streaming", scene.streaming, async (page) => {
      await page.locator('article[aria-busy="true"]').getByText("Parts are sent again").waitFor();
    }),
    page("permission", scene.permission, button("Allow")),
    page("question", scene.question, button("Answer")),
    page("plan", scene.plan, button("Approve")),
    page("failed", scene.failed, button("Resume")),
    page("stopped", scene.stopped, button("Resume")),
  ];
}

const NARROW: Readonly<Record<string, ShownPage["narrow"]>> = {
  audit: async (page) => {
    await page.getByLabel("Operation").selectOption("auth.sign_in");
    await page.getByRole("row").filter({ hasText: "session.start" }).first().waitFor({ state: "detached" });
  },
  configuration: async (page) => {
    await page.getByLabel("Filter the keys").fill("base_path");
    await page.getByRole("row").nth(2).waitFor({ state: "detached" });
  },
};

const SETTINGS: readonly ShownPage[] = [
  "appearance",
  "notifications",
  "sign-ins",
  "tokens",
  "audit",
  "configuration",
  "about",
].map((section) => ({
  name: `settings-${section}`,
  path: `/settings/${section}`,
  prepare: async (page) => {
    await page.locator(".settings-section h2").waitFor();
    await isQuiet(page);
  },
  ...(NARROW[section] === undefined ? {} : { narrow: NARROW[section] }),
}));

/** Waits until the outlines of what is not there yet have gone. */
async function isQuiet(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('main [aria-busy="true"], main .skeleton') === null);
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole("heading", { name }).waitFor();
}

async function isHomeThere(page: Page): Promise<void> {
  await page.getByRole("region", { name: "Needs you" }).getByRole("article").nth(2).waitFor();
  await page.getByRole("link", { name: "Bash: ls" }).waitFor();
  await page.getByRole("link", { name: "The upload gives up" }).waitFor();
  await page.waitForFunction(() => document.querySelector('.permission-buttons[aria-disabled="true"]') === null);
}

async function openKeyboard(page: Page): Promise<void> {
  await isHomeThere(page);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
}

async function openNewSession(page: Page): Promise<void> {
  await isHomeThere(page);
  await page.getByRole("button", { name: "New session" }).click();
  await page.getByRole("dialog").getByText("More", { exact: true }).click();
}

async function askForTrust(page: Page, work: string): Promise<void> {
  await isHomeThere(page);
  await page.getByRole("button", { name: "New session" }).click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  await dialog.getByLabel("Path").fill(work);
  await dialog.getByRole("button", { name: "Start" }).click();
  await dialog.getByRole("button", { name: "Trust" }).waitFor();
}
