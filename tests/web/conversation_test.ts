import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import axe from "axe-core/axe.min.js" with { type: "text" };
import { waitFor } from "../helpers/wait.ts";
import { conversationPage, HAS_BROWSER } from "./helpers/conversation_page.ts";
import { EventMaker } from "./helpers/events.ts";

const browserTest = (name: string, fn: () => Promise<void>) => Deno.test({ name, ignore: !HAS_BROWSER, fn });

/** How far the end is below what is shown, in pixels. */
function distanceToEnd(page: Page): Promise<number> {
  return page.getByRole("log").evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop);
}

/** The entry at the upper edge, and where it is. */
function place(page: Page): Promise<{ readonly event: string | undefined; readonly top: number }> {
  return page.getByRole("log").evaluate((log) => {
    const edge = log.getBoundingClientRect().top;
    const entries = [...log.querySelectorAll<HTMLElement>("article")];
    const first = entries.find((entry) => entry.getBoundingClientRect().bottom > edge + 1);
    return { event: first?.dataset["event"], top: Math.round(first?.getBoundingClientRect().top ?? 0) };
  });
}

function long(count: number): EventMaker {
  const maker = new EventMaker();
  for (let i = 1; i <= count; i++) maker.says(`answer ${i}\n\n${"some words ".repeat(i % 50)}`);
  return maker;
}

browserTest("the conversation shows what was said and done, with names for assistive technology", async () => {
  const maker = new EventMaker();
  maker.prompt("p", "Make it **so**");
  maker.assistant([{ type: "thinking", thinking: "a thought" }]);
  maker.calls("t", "Bash", { command: "echo \u202eevil" });
  maker.returns("t", "\x1b[31mred\x1b[0m");
  maker.says("# Title\n\nIt is **made**.\n\n```ts\nconst x = 1;\n```");
  maker.result();
  await using it = await conversationPage({ stored: { one: maker.events } });
  await it.open("one");
  const log = it.page.getByRole("log", { name: "Conversation" });
  await log.getByRole("heading", { name: "Title", level: 2 }).waitFor();
  assertEquals(await log.getByRole("article").count(), 5);
  assertStringIncludes(await log.getByRole("article", { name: "Prompt" }).innerText(), "Make it **so**");
  assertEquals(await log.getByRole("article", { name: "thinking" }).getByText("a thought").count(), 0);
  const tool = log.getByRole("article", { name: "Tool Bash" });
  assertStringIncludes(await tool.innerText(), "echo \\u{202e}evil");
  await tool.locator("summary").click();
  await tool.locator(".ansi-red", { hasText: "red" }).waitFor();
  await log.locator("code .code-keyword", { hasText: "const" }).waitFor();
  assertEquals(it.problems, []);
});

browserTest("the conversation has no violation that axe finds, in both themes", async () => {
  const maker = new EventMaker();
  maker.prompt("p", "Make it");
  maker.calls("t", "Edit", { file_path: "/a.ts", old_string: "a\n", new_string: "b\n" });
  maker.returns("t", "ok");
  maker.calls("u", "TodoWrite", {
    todos: [{ content: "a", status: "completed" }, { content: "b", status: "pending" }],
  });
  maker.calls("v", "Bash", { command: "make" });
  maker.returns("v", "\x1b[31mr\x1b[32mg\x1b[33my\x1b[34mb\x1b[35mm\x1b[36mc\x1b[2md", {}, true);
  maker.says(
    "### Title\n\n- [x] done\n\n| a |\n|---|\n| 1 |\n\n```ts\n// c\nconst x = f('s', 1);\n```\n[a](http://b.example) ![i](http://c.example)",
  );
  maker.event("gap", { missing_frames: 1 });
  maker.result({ is_error: true, result: "bad" });
  for (const colorScheme of ["light", "dark"] as const) {
    await using it = await conversationPage({ stored: { one: maker.events }, colorScheme });
    await it.open("one");
    await it.page.locator(".code-keyword").first().waitFor();
    for (const summary of await it.page.locator("details > summary").all()) await summary.click();
    await it.page.evaluate(axe);
    const violations = await it.page.evaluate(async () => {
      // deno-lint-ignore no-explicit-any -- the script has put it there
      const { axe } = globalThis as any;
      const result = await axe.run('[role="log"]', {
        runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
      });
      // deno-lint-ignore no-explicit-any -- as above
      return result.violations.map((each: any) => `${each.id}: ${each.nodes.map((node: any) => node.html).join(" ")}`);
    });
    assertEquals(violations, [], colorScheme);
  }
});

browserTest("the conversation streams an answer, and shows it once when it is whole", async () => {
  await using it = await conversationPage();
  await it.home.session("new", it.home.work, "--name", "one", "--trust");
  await it.open("one");
  await it.home.session("send", "one", "slow 60 20");
  const log = it.page.getByRole("log");
  await log.locator("article[aria-busy]").getByText("1 2 3").waitFor();
  await log.getByRole("article", { name: "End of the turn" }).waitFor();
  assertEquals(await log.locator("article[aria-busy]").count(), 0);
  assertEquals(await log.getByText("58 59 60").count(), 1);
  assertEquals(it.problems, []);
});

browserTest("the conversation stays at its end while somebody is there, and in place while they are not", async () => {
  await using it = await conversationPage();
  await it.home.session("new", it.home.work, "--name", "one", "--trust");
  await it.open("one");
  await it.home.session("send", "one", "burst 300 200");
  const { page } = it;
  await page.getByText("burst over").waitFor();
  await waitFor("the end", async () => await distanceToEnd(page) <= 8);
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -4_000);
  const jump = page.getByRole("button", { name: "Jump to latest" });
  await jump.waitFor();
  const before = await place(page);
  await it.home.session("send", "one", "burst 20 200");
  await page.getByRole("button", { name: /Jump to latest\s*\d+ new/ }).waitFor();
  assertEquals(await place(page), before);
  await jump.click();
  await waitFor("the end", async () => await distanceToEnd(page) <= 8);
  await jump.waitFor({ state: "hidden" });
});

browserTest("the conversation loads older pages as one scrolls up, and stays in place", async () => {
  await using it = await conversationPage({ stored: { one: long(600).events } });
  await it.open("one");
  const { page } = it;
  await page.locator('article[data-event="600"]').waitFor();
  for (let moved = 0; moved < 400; moved++) {
    if (await page.locator('article[data-event="1"]').count() > 0) break;
    const before = await place(page);
    await page.getByRole("log").evaluate((log) => log.scrollTop -= 600);
    await waitFor("something older", async () => {
      const { event, top } = await place(page);
      return Number(event) < Number(before.event) || top > before.top ||
        await page.locator('article[data-event="1"]').count() > 0;
    });
    // Whatever is loaded above, one never sees anything newer than before.
    assert(Number((await place(page)).event) <= Number(before.event));
  }
  await page.locator('article[data-event="1"]').waitFor();
});

browserTest("a link to an event shows it and marks it, and newer ones follow", async () => {
  await using it = await conversationPage({ stored: { one: long(1_000).events } });
  await it.open("one", "?event=300");
  const { page } = it;
  const marked = page.locator('article[aria-current="true"]');
  await marked.waitFor();
  assertEquals(await marked.getAttribute("data-event"), "300");
  const isShown = () =>
    marked.evaluate((entry) => {
      const { top, bottom } = entry.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    });
  await waitFor("the event to be shown", isShown);
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await page.locator('article[data-event="1000"]').waitFor();
});

browserTest("the conversation is printed as a whole, unfolded", async () => {
  const maker = long(200);
  maker.calls("t", "Bash", { command: "make" });
  maker.returns("t", "the output");
  await using it = await conversationPage({ stored: { one: maker.events } });
  await it.open("one");
  const { page } = it;
  await page.getByRole("article", { name: "Tool Bash" }).waitFor();
  await waitFor("chunks to be let go", async () => await page.locator('article[data-event="3"]').count() === 0);
  // The page is drawn when the event is over: a browser takes its picture then.
  const printed = await page.evaluate(() => {
    dispatchEvent(new Event("beforeprint"));
    return document.querySelector("[role=log]")!.textContent;
  });
  assertStringIncludes(printed, "answer 3");
  assertStringIncludes(printed, "the output");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await waitFor("the page to be as before", async () => await page.locator('article[data-event="3"]').count() === 0);
});

browserTest("a whole conversation is copied as Markdown", async () => {
  await using it = await conversationPage({ stored: { one: long(700).events } });
  await it.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await it.open("one");
  const { page } = it;
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Copy as Markdown" }).click();
  const copied = await waitFor("the copy", () => page.evaluate(() => navigator.clipboard.readText()));
  assertStringIncludes(copied, "## Agent\n\nanswer 1\n");
  assertStringIncludes(copied, "answer 700");
});
