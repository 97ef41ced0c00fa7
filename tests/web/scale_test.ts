import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { waitFor } from "../helpers/wait.ts";
import { EventMaker } from "./helpers/events.ts";
import { distanceToEnd } from "./helpers/shown_log.ts";
import { webSuite } from "./helpers/suite.ts";

const EVENTS = 20_000;
/** How long an interaction may take as a rule, in milliseconds. */
const INTERACTION_MS = 100;
/** How large the page's heap may get, in bytes. */
const HEAP_BYTES = 150 << 20;

/** A long conversation, with everything that one has. */
function many(): EventMaker {
  const maker = new EventMaker("5d3f2c1a-0000-4000-8000-000000000001");
  for (let turn = 1; maker.events.length < EVENTS; turn++) {
    maker.prompt(`many-${turn}`, `Prompt ${turn}`);
    maker.assistant([{ type: "thinking", thinking: "a thought ".repeat(20) }]);
    for (let i = 0; i < 8; i++) {
      const id = `many-${turn}-${i}`;
      maker.calls(id, "Bash", { command: `make ${turn} ${i}` });
      maker.returns(id, `line of output ${turn} ${i}\n`.repeat(40));
    }
    const code = "```ts\nexport const x: number = f(1);\n```";
    maker.says(`## Answer ${turn}\n\n- one\n- **two**\n\n${code}\n\n${"Words and more words. ".repeat(turn % 40)}`);
    maker.result({ total_cost_usd: turn / 100 });
  }
  return maker;
}

const suite = webSuite({ stored: { many: many().events }, flags: ["--js-flags=--expose-gc"] });

/** Returns how large the heap is without garbage, in bytes. */
async function heapOf(page: Page): Promise<number> {
  await page.evaluate(() => (globalThis as unknown as { gc(): void }).gc());
  const session = await page.context().newCDPSession(page);
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

/** Scrolls by so many pixels; returns how long it takes until that is drawn, in milliseconds. */
function scrollBy(page: Page, pixels: number): Promise<number> {
  return page.getByRole("log").evaluate(async (log, pixels) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    const start = performance.now();
    log.scrollTop += pixels;
    await frame();
    await frame();
    return performance.now() - start;
  }, pixels);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

suite.test("20,000 events are read from the last to the first, quickly and in bounded memory", async ({ open }) => {
  await using visitor = await open({ path: "/sessions/many" });
  const { page } = visitor;
  await page.getByRole("article").first().waitFor();
  await waitFor("the end", async () => await distanceToEnd(page) <= 8);
  const times: number[] = [];
  const first = page.getByText("Prompt 1", { exact: true });
  for (let i = 0; i < 4_000 && await first.count() === 0; i++) times.push(await scrollBy(page, -6_000));
  await first.waitFor();
  assert(median(times) < INTERACTION_MS, `scrolling takes ${median(times)} ms`);
  const heap = await heapOf(page);
  assert(heap < HEAP_BYTES, `${heap >> 20} MiB`);
  const start = performance.now();
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await waitFor("the end", async () => await distanceToEnd(page) <= 8);
  assert(performance.now() - start < 2_000);
  assertEquals(await page.getByRole("article").count() < 400, true);
});

suite.test("everything is quick where 20,000 events are", async ({ open }) => {
  await using visitor = await open({ path: "/sessions/many" });
  const { page } = visitor;
  const tool = page.getByRole("article", { name: "Tool Bash" }).last();
  await tool.waitFor();
  const toggle = () =>
    tool.locator("summary").evaluate(async (summary) => {
      const start = performance.now();
      (summary as HTMLElement).click();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return performance.now() - start;
    });
  const times: number[] = [];
  for (let i = 0; i < 11; i++) times.push(await toggle());
  assert(median(times) < INTERACTION_MS, `unfolding takes ${median(times)} ms`);
});

suite.test("an answer is streamed at the speed of frames below 20,000 events", async ({ home, open }) => {
  // The directory of the stored session becomes a trusted one.
  await home.call("session.start", { name: "trusting", path: home.work, trust: true });
  await home.call("session.kill", { session_name: "trusting" });
  await home.call("session.resume", { session_name: "many" });
  await using visitor = await open({ path: "/sessions/many" });
  const { page } = visitor;
  await home.call("prompt.send", { session_name: "many", prompt: "slow 400 5" });
  await page.locator("article[aria-busy]").waitFor();
  const times = await page.evaluate(async () => {
    const times: number[] = [];
    for (let before = performance.now(); times.length < 60;) {
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      times.push(now - before);
      before = now;
    }
    return times;
  });
  assert(median(times) < 20, `a frame takes ${median(times)} ms`);
  await home.call("session.kill", { session_name: "many" });
});
