import type { Page } from "playwright-core";
import type { CloneJob, SessionDiff } from "../../../lib/projects/types.ts";
import { cloneJob } from "./notices.ts";
import type { Scene } from "./scene.ts";
import { pathOfSession } from "./session_view.ts";
import { showHosts, waitingKiosk } from "./shown_hosts.ts";
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
    ...PROJECT_PAGES,
    ...SETTINGS,
    { name: "no-session", path: "/sessions/nobody", prepare: (page) => heading(page, "No such session") },
    // The last ones: from here on, the page believes that there are other hosts.
    ...HOST_PAGES,
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
    { name: "session-changes", path: `${pathOfSession(scene.idle)}/changes`, prepare: showChanges },
    page("failed", scene.failed, button("Resume")),
    page("stopped", scene.stopped, button("Resume")),
  ];
}

/** The changes of a session; its real directory is in no repository. */
async function showChanges(page: Page): Promise<void> {
  await page.route(
    /\/changes$/,
    (route) => route.request().resourceType() === "document" ? route.continue() : route.fulfill({ json: CHANGES }),
  );
  await page.reload();
  await page.getByText("src/upload.ts").waitFor();
}

const CHANGES: SessionDiff = {
  base: "0c7a1f7e52aa0d1e9f0b1c2d3e4f5a6b7c8d9e0f",
  total_files: 3,
  truncated: false,
  files: [
    { path: "assets/logo.png", change: "added", added: null, removed: null },
    { path: "docs/retries.md", former_path: "docs/upload.md", change: "renamed", added: 0, removed: 0, diff: "" },
    {
      path: "src/upload.ts",
      change: "modified",
      added: 2,
      removed: 1,
      diff:
        '@@ -1,3 +1,4 @@\n import { pause } from "./pause.ts";\n-const MAX_ATTEMPTS = 1;\n+const MAX_ATTEMPTS = 5;\n' +
        "+const PAUSE_MS = 250;\n \n",
    },
  ],
};

const PROJECT = "/projects/billing";

/** A project's page, once everything in it is there. */
async function isProjectThere(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "CLAUDE.md" }).waitFor();
  await page.getByRole("link", { name: "Open in claude.ai" }).waitFor();
  await page.getByText("CPU").waitFor();
  await page.getByText("2 changes").waitFor();
  await isQuiet(page);
}

const PROJECT_PAGES: readonly ShownPage[] = [
  { name: "project", path: PROJECT, prepare: isProjectThere },
  {
    name: "project-untrusted",
    path: "/projects/downloaded",
    async prepare(page) {
      await page.getByRole("button", { name: "Trust" }).waitFor();
      await isQuiet(page);
    },
  },
  {
    name: "project-start",
    path: PROJECT,
    async prepare(page) {
      await isProjectThere(page);
      await page.getByRole("button", { name: "Start remote control" }).click();
      await page.getByLabel("Permission mode").selectOption("bypassPermissions");
    },
  },
  {
    name: "project-qr",
    path: PROJECT,
    async prepare(page) {
      await isProjectThere(page);
      await page.getByRole("button", { name: "QR code" }).click();
      await page.getByRole("img", { name: "QR code of the link" }).waitFor();
    },
  },
  {
    name: "project-log",
    path: PROJECT,
    async prepare(page) {
      await isProjectThere(page);
      await page.getByRole("button", { name: "Log" }).click();
      await page.getByRole("log").getByText("bridge:work").first().waitFor();
    },
    narrow: (page) => page.getByRole("log").evaluate((log) => log.replaceChildren()),
  },
  {
    name: "project-conflict",
    path: PROJECT,
    async prepare(page) {
      await isProjectThere(page);
      await page.route(/\/claude-md$/, async (route) => {
        if (route.request().method() === "PUT") return await route.fulfill({ status: 409, json: {} });
        const file = { exists: true, content: "# Billing\n\nAsk first.\n", sha256: "0", size: 22, restart_hint: false };
        await route.fulfill({ json: file });
      });
      await page.getByRole("textbox", { name: "CLAUDE.md" }).fill("# Billing\n\nNever ask.\n");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("What yours would change").click();
      await page.unroute(/\/claude-md$/);
    },
  },
  {
    name: "past-conversation",
    path: `${PROJECT}/history/5d3f2c1a-2222-4000-8000-000000000000`,
    prepare: async (page) => await page.getByText("Answer 4").waitFor(),
  },
  {
    name: "new-project",
    path: "/new-project",
    async prepare(page) {
      await page.route(/\/api\/clones$/, (route) => route.fulfill({ json: CLONES }));
      await page.reload();
      await page.getByRole("article", { name: "Clone parser" }).waitFor();
      await isQuiet(page);
    },
  },
];

/** Pages with other hosts, which the page is made to believe in. */
const HOST_PAGES: readonly ShownPage[] = [
  {
    name: "hosts-empty",
    path: "/hosts",
    prepare: (page) => heading(page, "Your other machines on this page"),
  },
  {
    name: "hosts",
    path: "/hosts",
    async prepare(page) {
      await seeHosts(page);
      await page.getByRole("article", { name: "vault" }).waitFor();
    },
  },
  {
    name: "hosts-add",
    path: "/hosts",
    async prepare(page) {
      await seeHosts(page);
      await page.getByRole("button", { name: "Add a host" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "lab" }).click();
    },
  },
  {
    name: "hosts-add-link",
    path: "/hosts",
    async prepare(page) {
      await seeHosts(page);
      await page.getByRole("button", { name: "Add a host" }).click();
      await page.getByRole("dialog").getByRole("radio", { name: "It dials this hub" }).check();
      await page.getByRole("dialog").getByLabel("Name").fill("workshop");
    },
  },
  {
    name: "hosts-key",
    path: "/hosts",
    async prepare(page) {
      await seeHosts(page);
      await page.route(
        /\/api\/hosts\/kiosk\/key$/,
        (route) => route.fulfill({ status: 201, json: { name: "kiosk", key: `clhk_${"Ab3".repeat(14)}X` } }),
      );
      await page.route(/\/api\/hosts\/kiosk$/, (route) => route.fulfill({ json: waitingKiosk() }));
      const kiosk = page.getByRole("article", { name: "kiosk" });
      await kiosk.getByRole("button", { name: "Make a key" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Make a key" }).click();
      await page.getByRole("dialog").getByText("Waiting for kiosk").waitFor();
    },
    // The port of the hub is another one each time.
    narrow: (page) => page.getByRole("dialog").getByRole("code").evaluate((code) => code.replaceChildren("…")),
  },
  {
    name: "hosts-project",
    path: "/projects/search?host=box",
    async prepare(page) {
      await seeHosts(page);
      await page.getByRole("textbox", { name: "CLAUDE.md" }).waitFor();
      await isQuiet(page);
    },
  },
  {
    name: "hosts-home",
    path: "/?host=attic",
    async prepare(page) {
      await seeHosts(page);
      await page.getByRole("main").getByRole("link", { name: /^thumbnails/ }).nth(1).waitFor();
      await page.waitForFunction(() => document.querySelector('.permission-buttons[aria-disabled="true"]') === null);
    },
    narrow: async (page) => {
      await page.locator(".needs-you article:not(.away)").evaluateAll((cards) =>
        cards.forEach((card) => card.remove())
      );
    },
  },
  {
    name: "hosts-session-away",
    path: "/sessions/id%20of%20thumbnails",
    async prepare(page) {
      await seeHosts(page);
      await page.getByText("Nothing was said yet").waitFor();
      await page.getByRole("status").getByText("cannot be reached now").waitFor();
    },
  },
  {
    name: "hosts-new-session",
    path: "/",
    async prepare(page) {
      await seeHosts(page);
      await page.getByRole("button", { name: "New session" }).click();
      await page.getByRole("dialog").getByRole("combobox", { name: "Host" }).selectOption("box");
      // The directory of a session there is offered.
      await page.waitForFunction(() =>
        document.querySelector<HTMLInputElement>("dialog input")?.value.startsWith("/srv") === true
      );
    },
  },
];

async function seeHosts(page: Page): Promise<void> {
  await showHosts(page);
  await page.reload();
}

const CLONES: readonly CloneJob[] = [
  cloneJob("1", 42, { name: "kernel", bytes: 123 << 20 }),
  cloneJob("2", undefined, { name: "slow", started_at: "2026-01-01T00:00:00.000Z" }),
  cloneJob("3", 100, { name: "parser", status: "done", bytes: 3 << 20, ended_at: "2026-01-01T00:01:00.000Z" }),
  cloneJob("4", undefined, {
    name: "private",
    status: "failed",
    error: "the repository was not found, or needs a sign-in",
    ended_at: "2026-01-01T00:01:00.000Z",
  }),
];

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
  await page.getByRole("link", { name: /^billing .*2 changes.*remote control/ }).waitFor();
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
