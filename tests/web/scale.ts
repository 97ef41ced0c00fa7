/**
 * Measures the page as those see it who have much of everything: how long interactions take with 500 sessions and 20,000
 * events, how the heap grows in an hour of events, and how soon something is drawn. `deno task page-scale`
 *
 * @module
 */

import type { Page } from "playwright-core";
import { waitFor } from "../helpers/wait.ts";
import { launchBrowser } from "./helpers/chromium.ts";
import { longConversation, manySessions } from "./helpers/many.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { signIn } from "./helpers/sign_in.ts";
import { type WebParts, webParts } from "./helpers/suite.ts";
import { webHome } from "./helpers/web_home.ts";

/** What the page should reach. */
const AIMS = { interactionMs: 100, heapBytes: 150 << 20, paintMs: 300, growth: 0.2, framesPerSecond: 60 };
/** The shortest time that the browser tells, in milliseconds. */
const SHORTEST_MS = 16;
/** How often each interaction is measured. */
const REPEATS = 7;
/** An hour of a busy agent: this many turns of this many messages, told in a few minutes. */
const HOUR = { turns: 30, messages: 200, bytes: 4_000 };

const browser = await launchBrowser(["--js-flags=--expose-gc"]);
try {
  await using home = await webHome("", { ...manySessions(500), long: longConversation(20_000) });
  const parts = webParts(browser, home, await signIn(home), console.error);
  await measureStart(parts);
  await measureHome(parts);
  await measureConversation(parts);
  await measureStreaming(parts);
  await measureHour(parts);
} finally {
  await browser.close();
}

/** The first paint of a page that was here before. */
async function measureStart(parts: WebParts): Promise<void> {
  await using visitor = await parts.open();
  const { page } = visitor;
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    await page.reload();
    await page.locator("[data-filter]").waitFor();
    times.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]!.startTime));
  }
  report("warm start: first paint", times, AIMS.paintMs);
}

async function measureHome(parts: WebParts): Promise<void> {
  await using visitor = await parts.open();
  const { page } = visitor;
  await present(page);
  await page.getByRole("region", { name: /^Stopped/ }).getByRole("button", { name: "Show" }).first().click();
  await page.locator("[data-card]").nth(20).waitFor();
  const letters = [..."upload-77"];
  await page.keyboard.press("/");
  const typed: number[] = [];
  for (const letter of letters) typed.push(await timeOf(page, () => page.keyboard.press(letter)));
  report("500 sessions: a letter in the filter", typed, AIMS.interactionMs);
  await page.getByRole("searchbox").fill("");
  report("500 sessions: the next card by j", await repeat(page, () => page.keyboard.press("j")), AIMS.interactionMs);
  reportHeap("500 sessions: heap", await heapOf(page));
}

async function measureConversation(parts: WebParts): Promise<void> {
  await using visitor = await parts.open({ path: "/sessions/long" });
  const { page } = visitor;
  await present(page);
  const { log, prompt } = sessionView(page);
  await log.getByRole("article", { name: "End of the turn" }).last().waitFor();
  const toTop = () => log.evaluate((log) => log.scrollTop = 0);
  const times: number[] = [];
  await waitFor("the first prompt", async () => {
    times.push(await timeOf(page, toTop));
    return await log.getByText("Step 1:").count() > 0;
  });
  report("20,000 events: to the top of what is loaded", times, AIMS.interactionMs);
  await log.hover();
  report("20,000 events: a turn of the wheel", await repeat(page, () => page.mouse.wheel(0, 900)), AIMS.interactionMs);
  await prompt.focus();
  report(
    "20,000 events: a letter in the prompt",
    await repeat(page, () => page.keyboard.press("a")),
    AIMS.interactionMs,
  );
  const jump = () => page.getByRole("button", { name: /Jump to latest/ }).click();
  report("20,000 events: to the latest", [await timeOf(page, jump)], AIMS.interactionMs);
  reportHeap("20,000 events: heap", await heapOf(page));
}

/** How smoothly an answer grows. */
async function measureStreaming(parts: WebParts): Promise<void> {
  await using session = await parts.home.start("streams");
  await using visitor = await parts.open({ path: pathOfSession(session) });
  const { page } = visitor;
  await sessionView(page).isShown("idle");
  await session.send("slow 600 5");
  await page.locator('article[aria-busy="true"]').waitFor();
  const frames = await page.evaluate(async () => {
    const times: number[] = [];
    const next = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    for (let last = await next(); document.querySelector('article[aria-busy="true"]') !== null;) {
      const now = await next();
      times.push(now - last);
      last = now;
    }
    return times;
  });
  const perSecond = 1_000 * frames.length / frames.reduce((sum, time) => sum + time, 0);
  const late = frames.filter((time) => time > 1_500 / AIMS.framesPerSecond).length;
  console.log(`streaming: ${perSecond.toFixed(1)} frames a second, ${late} of ${frames.length} late`);
}

/** The heap of two pages that stay open while an agent works for an hour. */
async function measureHour(parts: WebParts): Promise<void> {
  await using session = await parts.home.start("works-for-an-hour");
  await using visitor = await parts.open({ path: pathOfSession(session) });
  const home = await visitor.tab("/");
  const heaps = { home: [] as number[], session: [] as number[] };
  for (let turn = 1; turn <= HOUR.turns; turn++) {
    await session.send(`burst ${HOUR.messages} ${HOUR.bytes}`);
    await waitFor("the turn", async () => (await session.read()).turns >= turn);
    await visitor.page.bringToFront();
    await sessionView(visitor.page).said("burst over");
    heaps.session.push(await heapOf(visitor.page));
    heaps.home.push(await heapOf(home));
  }
  reportHour("Home", heaps.home);
  reportHour("the session", heaps.session);
}

function reportHour(what: string, heaps: readonly number[]): void {
  const shown = [1, ...[1, 2, 3, 4, 5, 6].map((part) => part * heaps.length / 6)];
  const texts = shown.map((turn) => `${megabytes(heaps[turn - 1]!)} at ${60 * turn / heaps.length} min`);
  console.log(`an hour of ${HOUR.turns * HOUR.messages} messages, ${what}: ${texts.join(", ")}`);
  const growth = heaps.at(-1)! / heaps[heaps.length / 2 - 1]! - 1;
  console.log(`  from the half hour on: ${(100 * growth).toFixed(0)} % (aim: at most ${100 * AIMS.growth} %)`);
}

/** How long it takes until the effect of an action is drawn, in milliseconds. */
async function timeOf(page: Page, act: () => Promise<unknown>): Promise<number> {
  await page.evaluate((SHORTEST_MS) => {
    const state = globalThis as unknown as { begin: number; slowest: number; observer?: PerformanceObserver };
    state.slowest = 0;
    state.begin = performance.now();
    state.observer ??= new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        // What an earlier action has caused may be told late.
        if (startTime >= state.begin) state.slowest = Math.max(state.slowest, duration);
      }
    });
    for (const type of ["event", "long-animation-frame"]) {
      state.observer.observe({ type, durationThreshold: SHORTEST_MS } as PerformanceObserverInit);
    }
  }, SHORTEST_MS);
  await act();
  return await page.evaluate(async () => {
    for (let i = 0; i < 8; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => setTimeout(resolve));
    return (globalThis as unknown as { slowest: number }).slowest;
  });
}

/** Has the browser present what it draws: without a window or anybody who watches, it often does not, and tells no times. */
async function present(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  devtools.on("Page.screencastFrame", ({ sessionId }) => void devtools.send("Page.screencastFrameAck", { sessionId }));
  await devtools.send("Page.startScreencast", { format: "jpeg", quality: 1, maxWidth: 64, maxHeight: 64 });
}

async function repeat(page: Page, act: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) times.push(await timeOf(page, act));
  return times;
}

/** How large the heap is without garbage, in bytes. */
async function heapOf(page: Page): Promise<number> {
  await page.evaluate(() => (globalThis as unknown as { gc(): void }).gc());
  const devtools = await page.context().newCDPSession(page);
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  await devtools.detach();
  return usedSize;
}

function report(what: string, times: readonly number[], aim: number): void {
  const sorted = times.toSorted((a, b) => a - b);
  const [median, worst] = [sorted[sorted.length >> 1]!, sorted.at(-1)!];
  const text = (ms: number) => ms < SHORTEST_MS ? `under ${SHORTEST_MS} ms` : `${ms.toFixed(0)} ms`;
  console.log(`${what}: ${text(median)}, at worst ${text(worst)} (aim: ${aim} ms)`);
}

function reportHeap(what: string, bytes: number): void {
  console.log(`${what}: ${megabytes(bytes)} (aim: ${megabytes(AIMS.heapBytes)})`);
}

function megabytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MB`;
}
