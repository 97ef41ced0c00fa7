import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { EventMaker } from "./helpers/events.ts";
import { HOSTILE_TEXTS } from "./helpers/hostile_texts.ts";
import { webSuite } from "./helpers/suite.ts";
import { SIZES } from "./helpers/visitor.ts";

/** Puts a text wherever an agent, a tool or a person can put one. */
function spread(session: string, text: string): EventMaker {
  const maker = new EventMaker(session);
  const id = `${session}-p`;
  maker.prompt(id, text);
  maker.says(text);
  maker.assistant([{ type: "thinking", thinking: text }]);
  maker.calls("1", "Bash", { command: text, description: text });
  maker.returns("1", text);
  maker.calls("2", text, { [text]: text, list: [text] });
  maker.returns("2", [{ type: "text", text }, { type: text, [text]: text }], {}, true);
  maker.calls("3", "Edit", { file_path: text, old_string: text, new_string: `${text}\n${text}` });
  maker.returns("3", text, {
    tool_use_result: { structuredPatch: [{ oldStart: 1, newStart: 1, lines: [`+${text}`] }] },
  });
  maker.calls("4", "TodoWrite", { todos: [{ content: text, status: text }] });
  maker.calls("5", "ExitPlanMode", { plan: text });
  maker.calls("6", "AskUserQuestion", { questions: [{ question: text, options: [{ label: text }] }] });
  maker.calls("7", "Task", { description: text, prompt: text });
  maker.returns("7", text);
  const data = btoa("<svg onload=alert(1)>");
  const sources = [
    { type: "base64", media_type: "image/svg+xml", data },
    { type: "base64", media_type: "image/png", data },
    { type: "base64", media_type: text, data: text },
    { type: "url", url: "http://evil.example/tracker.png" },
  ];
  maker.calls("8", "mcp__evil__image", {});
  maker.returns("8", sources.map((source) => ({ type: "image", source })));
  maker.event("permission", { permission_id: "q", state: "answered", decision: "deny", by: text, message: text });
  maker.says(text, { is_api_error_message: true, error: text });
  maker.system("api_retry", { error: text, retry_delay_ms: 10, attempt: 1 });
  maker.event("stderr", { text });
  maker.event(text, { [text]: text }, text);
  maker.event("status", { status: "stopped", reason: text }, "stopped");
  maker.event("mode", { permission_mode: "plan" });
  maker.event("mode", { permission_mode: text });
  maker.result({ is_error: true, result: text });
  return maker;
}

function sessionId(n: number): string {
  return `5d3f2c1a-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

/** Some texts go into a session together, so that there are not too many pages to open. */
const GROUP = 8;
const groups = Array.from({ length: Math.ceil(HOSTILE_TEXTS.length / GROUP) }, (_, i) => `hostile-${i + 1}`);
const stored = Object.fromEntries(groups.map((name, i) => {
  const all = new EventMaker(sessionId(i + 1));
  for (const [j, text] of HOSTILE_TEXTS.slice(i * GROUP, (i + 1) * GROUP).entries()) {
    for (const { type, subtype, payload } of spread(`${i}-${j}`, text).events) all.event(type, payload, subtype);
  }
  return [name, all.events];
}));

const endless = new EventMaker(sessionId(100));
endless.says(`\`\`\`ts\n${"a".repeat(19_000)}\n\`\`\`\n\n\`\`\`ts\nconst x = 1;\n\`\`\``);

const suite = webSuite({ stored: { ...stored, endless: endless.events } });

/** Goes to the first entry. */
function goToStart(page: Page): Promise<void> {
  return page.getByRole("log").evaluate((log) => void (log.scrollTop = 0));
}

/** Unfolds what is drawn. */
async function unfold(page: Page): Promise<void> {
  await page.getByRole("log").evaluate(async (log) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    for (const summary of log.querySelectorAll<HTMLElement>("details:not([open]) > summary")) summary.click();
    for (const more of log.querySelectorAll<HTMLElement>(".more, .diff-more")) more.click();
    await frame();
  });
}

/** Goes on by as much as can be seen, or to the end of an entry that is higher; returns whether there was more. */
function goOn(page: Page): Promise<boolean> {
  return page.getByRole("log").evaluate((log) => {
    if (log.scrollTop + log.clientHeight >= log.scrollHeight - 8) return false;
    const { bottom } = log.getBoundingClientRect();
    const boxes = Array.from(log.querySelectorAll("article"), (entry) => entry.getBoundingClientRect());
    const last = boxes.find((box) => box.top <= bottom && box.bottom > bottom);
    log.scrollTop += Math.max(log.clientHeight, (last?.bottom ?? 0) - bottom);
    return true;
  });
}

/** What of the part of the conversation that is drawn is not as it must be. */
function findings(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const log = document.querySelector<HTMLElement>("[role=log]")!;
    const found: string[] = [];
    const note = (what: string, element: Element) => found.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
    const active = "script, iframe, object, embed, style, link, form, meta, base, video, audio, template, math, canvas";
    for (const element of log.querySelectorAll(active)) note("an element that may act", element);
    for (const element of log.querySelectorAll("svg:not(.icon), svg.icon [onload]")) note("a drawing", element);
    for (const element of log.querySelectorAll("*")) {
      for (const { name } of element.attributes) if (name.startsWith("on")) note("a handler", element);
    }
    for (const link of log.querySelectorAll<HTMLAnchorElement>("a")) {
      const isSafe = ["http:", "https:", "mailto:"].includes(link.protocol) && link.host !== location.host;
      const isApart = link.target === "_blank" && link.rel.includes("noopener") && link.rel.includes("noreferrer");
      if (!isSafe || !isApart) note("a link", link);
    }
    for (const image of log.querySelectorAll("img")) {
      if (!/^data:image\/(png|jpeg|gif|webp);base64,/.test(image.src)) note("an image", image);
    }
    if (log.scrollWidth > log.clientWidth) note("wider than the conversation", log.firstElementChild!);
    if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the page");
    const { left, right } = log.getBoundingClientRect();
    for (const entry of log.querySelectorAll("article")) {
      const box = entry.getBoundingClientRect();
      if (box.left < left - 1 || box.right > right + 1) note("outside of the conversation", entry);
      if (!getComputedStyle(entry).contain.includes("paint")) note("not held in its box", entry);
    }
    // What turns the direction of text is shown as its code.
    if (/[\u202a-\u202e\u2066-\u2069]/.test(log.textContent ?? "")) found.push("text that turns its direction");
    if ("pwned" in globalThis) found.push("script has run");
    return found;
  });
}

for (const size of SIZES) {
  for (const name of groups) {
    suite.test(`${name} neither runs, loads nor draws outside of its box (${size})`, async ({ open }) => {
      await using visitor = await open({ path: `/sessions/${name}`, size });
      const { page } = visitor;
      const dialogs: string[] = [];
      page.on("dialog", (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await page.getByRole("article").first().waitFor();
      await goToStart(page);
      do {
        await unfold(page);
        assertEquals(await findings(page), []);
      } while (await goOn(page));
      await goToStart(page);
      assertEquals(await findings(page), []);
      assertEquals(dialogs, []);
    });
  }
}

suite.test("code that keeps the highlighter busy stops neither the page nor the code after it", async ({ open }) => {
  await using visitor = await open({ path: "/sessions/endless" });
  const { page } = visitor;
  await page.getByRole("article").first().waitFor();
  const longest = await page.evaluate(async () => {
    let longest = 0;
    for (let before = performance.now(), end = before + 2_000; before < end;) {
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      longest = Math.max(longest, now - before);
      before = now;
    }
    return longest;
  });
  assert(longest < 1_000, `a frame takes ${longest} ms`);
  await page.locator("code .code-keyword", { hasText: "const" }).waitFor();
});
