/**
 * Takes pictures of every page and state, in both themes and sizes.
 * `deno task screenshots [--out DIR] [--only NAME,NAME]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Browser, Page } from "playwright-core";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { launchBrowser } from "./helpers/chromium.ts";
import { longConversation, manySessions } from "./helpers/many.ts";
import { pagesOf } from "./helpers/pages.ts";
import { playScene, type Scene, SCENE_CONFIG } from "./helpers/scene.ts";
import { pathOfSession } from "./helpers/session_view.ts";
import { showHosts } from "./helpers/shown_hosts.ts";
import { signIn } from "./helpers/sign_in.ts";
import { type WebParts, webParts } from "./helpers/suite.ts";
import { SIZES, THEMES, type VisitOptions } from "./helpers/visitor.ts";
import { type WebHome, webHome } from "./helpers/web_home.ts";

/** How many sessions somebody has after months. */
const MANY_SESSIONS = 480;
/** How many events a very long conversation has. */
const MANY_EVENTS = 5_000;

/** A picture to take. */
interface Shot {
  readonly name: string;
  readonly path: string;
  readonly isSignedOut?: boolean;
  /** Brings the page into the state of the picture. */
  prepare(page: Page): Promise<void>;
  /** Undoes what others would see. */
  after?(page: Page): Promise<void>;
}

const args = parseArgs(Deno.args, {
  string: ["out", "only"],
  unknown: refuseUnknown("deno task screenshots [--out DIR] [--only WORD,WORD]"),
});
const folder = args["out"] ?? await Deno.makeTempDir({ prefix: "screenshots-" });
const only = String(args["only"] ?? "").split(",");
await Deno.mkdir(folder, { recursive: true });
const browser = await launchBrowser();
try {
  await takeFirstSteps(browser);
  await takeSessions(browser);
  await takeMany(browser);
} finally {
  await browser.close();
}
console.log(folder);

/** Signing in, and what is seen before there is any session. */
async function takeFirstSteps(browser: Browser): Promise<void> {
  await using home = await webHome();
  const parts = webParts(browser, home, await signIn(home), () => {});
  const heading = (name: string) => async (page: Page) => await page.getByRole("heading", { name }).waitFor();
  const refuse = async (page: Page) => {
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
  };
  await take(parts, [
    { name: "sign-in", path: "/", isSignedOut: true, prepare: heading("claustrum") },
    { name: "sign-in-refused", path: "/", isSignedOut: true, prepare: refuse },
    { name: "home-empty", path: "/", prepare: heading("No sessions yet") },
  ]);
}

/** Every page with sessions in every state. */
async function takeSessions(browser: Browser): Promise<void> {
  await using home = await webHome(SCENE_CONFIG);
  const parts = webParts(browser, home, await signIn(home), () => {});
  await using scene = await playScene(home);
  await take(parts, [
    ...pagesOf(home, scene),
    ...moreOfHome(),
    ...homeOfAllHosts(),
    ...needyHosts(),
    ...loading(scene),
    ...phoneSettings(),
    ...dialogs(scene),
    terminal(home, scene),
  ]);
  await home.killHub();
  await takeOffline(parts, scene);
}

/** The cards of the sessions, below what needs somebody. */
function moreOfHome(): Shot[] {
  return [{
    name: "home-sessions",
    path: "/",
    async prepare(page) {
      await page.getByRole("link", { name: "The upload gives up" }).waitFor();
      await page.getByRole("searchbox").evaluate((field) => field.scrollIntoView());
    },
  }];
}

/** What waits on all hosts; one of them is away. */
function homeOfAllHosts(): Shot[] {
  const prepare = async (page: Page) => {
    await showHosts(page);
    await page.reload();
    await page.getByRole("combobox", { name: "Host" }).waitFor();
    await page.getByRole("main").getByRole("link", { name: /^thumbnails/ }).nth(1).waitFor();
    await page.waitForFunction(() => document.querySelector('.permission-buttons[aria-disabled="true"]') === null);
  };
  return [
    { name: "hosts-home-all", path: "/", prepare },
    {
      name: "hosts-home-box",
      path: "/?host=box",
      async prepare(page) {
        await showHosts(page);
        await page.reload();
        await page.getByText("reports at night").waitFor();
        await page.getByRole("searchbox").evaluate((field) => field.scrollIntoView());
      },
    },
    {
      name: "hosts-home-sessions",
      path: "/",
      async prepare(page) {
        await prepare(page);
        await page.getByRole("searchbox").evaluate((field) => field.scrollIntoView());
      },
    },
  ];
}

/** Hosts that need somebody, below the others. */
function needyHosts(): Shot[] {
  return ["gate", "old"].map((host) => ({
    name: `hosts-refused-${host}`,
    path: "/hosts",
    async prepare(page) {
      await showHosts(page);
      await page.reload();
      await page.getByRole("article", { name: host }).evaluate((card) => card.scrollIntoView());
    },
  }));
}

/** What is seen before anything has come from the hub. */
function loading({ idle }: Scene): Shot[] {
  const isSkeleton = async (page: Page) => {
    await page.reload();
    await page.locator("main .skeleton").first().waitFor();
  };
  return [
    {
      name: "home-loading",
      path: "/",
      async prepare(page) {
        await page.routeWebSocket(/dashboard/, () => {});
        await isSkeleton(page);
      },
    },
    {
      name: "session-loading",
      path: pathOfSession(idle),
      async prepare(page) {
        await page.route(/\/events\?/, () => {});
        await isSkeleton(page);
      },
    },
  ];
}

/** On a phone, the sections of the settings are a page of their own. */
function phoneSettings(): Shot[] {
  return [{
    name: "settings-list",
    path: "/settings",
    prepare: async (page) => await page.getByRole("heading", { name: "Settings" }).waitFor(),
  }];
}

function dialogs(scene: Scene): Shot[] {
  const path = pathOfSession(scene.idle);
  const fromMenu = (name: string) => async (page: Page) => {
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name }).click();
    await page.getByRole("dialog").waitFor();
  };
  return [
    { name: "dialog-rename", path, prepare: fromMenu("Rename") },
    { name: "dialog-kill", path, prepare: fromMenu("Kill") },
    {
      name: "session-deny",
      path: pathOfSession(scene.permission),
      async prepare(page) {
        await page.locator('[aria-label="Answer"][aria-disabled="false"]').waitFor();
        await page.getByRole("button", { name: "Deny" }).click();
        await page.getByLabel("Message").waitFor();
      },
    },
    {
      name: "session-tools",
      path: pathOfSession(scene.permission),
      async prepare(page) {
        await page.getByRole("article", { name: "Tool Write" }).waitFor();
        for (const summary of await page.locator(".tool-fold > summary, .thinking-fold > summary").all()) {
          await summary.click();
        }
        await page.getByRole("log").evaluate((log) => log.scrollTop = 0);
      },
    },
    {
      name: "session-completion",
      path,
      async prepare(page) {
        await page.getByRole("textbox", { name: "Prompt" }).pressSequentially("/");
        await page.getByRole("listbox").waitFor();
      },
    },
    {
      name: "session-toast",
      path,
      async prepare(page) {
        await page.getByRole("button", { name: "Send" }).waitFor();
        await page.route(/prompts?$/, (route) => route.abort());
        await page.getByRole("textbox", { name: "Prompt" }).fill("A draft that cannot be sent\nnow, and stays");
        await page.getByRole("button", { name: "Send" }).click();
        await page.locator(".toast").waitFor();
      },
    },
  ];
}

function terminal(home: WebHome, { idle }: Scene): Shot {
  return {
    name: "session-terminal",
    path: `${pathOfSession(idle)}/terminal`,
    async prepare(page) {
      await page.frameLocator("iframe").locator(".xterm-rows", { hasText: "❯" }).waitFor();
    },
    async after() {
      await home.call("session.detach", { session_name: idle.id });
      await idle.whenStatus("idle");
    },
  };
}

/** The hub is away: pages that were open say so, and keep what they showed. */
async function takeOffline(parts: WebParts, { streaming }: Scene): Promise<void> {
  for (const { options, suffix } of variants()) {
    await parts.home.startHub();
    await using visitor = await parts.open({ ...options, path: pathOfSession(streaming) });
    await visitor.page.getByRole("article", { name: "Tool Bash" }).waitFor();
    await parts.home.killHub();
    await visitor.page.getByText("Connection lost").waitFor();
    await save(visitor.page, `session-offline-${suffix}`);
  }
  await parts.home.startHub();
}

/** What is seen after months. */
async function takeMany(browser: Browser): Promise<void> {
  const stored = { ...manySessions(MANY_SESSIONS), "a-very-long-conversation": longConversation(MANY_EVENTS) };
  await using home = await webHome(SCENE_CONFIG, stored);
  const parts = webParts(browser, home, await signIn(home), () => {});
  await using _scene = await playScene(home);
  await take(parts, [
    {
      name: "home-many",
      path: "/",
      async prepare(page) {
        await page.getByRole("searchbox").fill("fix");
        await page.getByRole("searchbox").scrollIntoViewIfNeeded();
        await page.getByRole("searchbox").evaluate((field) => field.scrollIntoView());
      },
    },
    {
      name: "session-very-long",
      path: "/sessions/a-very-long-conversation",
      async prepare(page) {
        await page.getByRole("article", { name: "End of the turn" }).last().waitFor();
        await page.getByRole("log").evaluate((log) => log.scrollTop = log.scrollHeight / 2);
        await page.getByRole("button", { name: /Jump to latest/ }).waitFor();
      },
    },
  ]);
}

/** Takes pictures, each in both themes and sizes. */
async function take(parts: WebParts, shots: readonly Shot[]): Promise<void> {
  for (const shot of shots.filter(({ name }) => only.some((text: string) => name.includes(text)))) {
    for (const { options, suffix } of variants()) {
      const at = { ...options, path: shot.path };
      await using visitor = await (shot.isSignedOut ? parts.openSignedOut(at) : parts.open(at));
      await shot.prepare(visitor.page);
      await save(visitor.page, `${shot.name}-${suffix}`);
      await shot.after?.(visitor.page);
    }
  }
}

function variants(): { readonly options: VisitOptions; readonly suffix: string }[] {
  return SIZES.flatMap((size) => THEMES.map((theme) => ({ options: { size, theme }, suffix: `${size}-${theme}` })));
}

async function save(page: Page, name: string): Promise<void> {
  // What was drawn last is in the picture.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.screenshot({ path: `${folder}/${name}.png` });
}
