import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { waitFor } from "../helpers/wait.ts";
import { ALL_RULES, axeViolations } from "./helpers/axe.ts";
import { EventMaker } from "./helpers/events.ts";
import { distanceToEnd, placeOf } from "./helpers/shown_log.ts";
import { webSuite } from "./helpers/suite.ts";
import { THEMES } from "./helpers/visitor.ts";

function told(): EventMaker {
  const maker = new EventMaker("5d3f2c1a-0000-4000-8000-000000000001");
  maker.prompt("told-1", "Make it **so**");
  maker.assistant([{ type: "thinking", thinking: "a thought" }]);
  maker.calls("t", "Bash", { command: "echo \u202eevil" });
  maker.returns("t", "\x1b[31mred\x1b[0m");
  maker.says("# Title\n\nIt is **made**.\n\n```ts\nconst x = 1;\n```");
  maker.result();
  return maker;
}

function varied(): EventMaker {
  const maker = new EventMaker("5d3f2c1a-0000-4000-8000-000000000002");
  maker.prompt("varied-1", "Make it");
  maker.calls("t", "Edit", { file_path: "/a.ts", old_string: "a\n", new_string: "b\n" });
  maker.returns("t", "ok");
  maker.calls("u", "TodoWrite", {
    todos: [{ content: "a", status: "completed" }, { content: "b", status: "pending" }],
  });
  maker.calls("v", "Bash", { command: "make" });
  maker.returns("v", "\x1b[31mr\x1b[32mg\x1b[33my\x1b[34mb\x1b[35mm\x1b[36mc\x1b[2md", {}, true);
  maker.says("### Title\n\n- [x] done\n\n| a |\n|---|\n| 1 |\n\n```ts\n// c\nconst x = f('s', 1);\n```\n");
  maker.says("A [link](http://b.example) and an ![image](http://c.example) in a text.");
  maker.event("gap", { missing_frames: 1 });
  maker.result({ is_error: true, result: "bad" });
  return maker;
}

function long(session: string, count: number): EventMaker {
  const maker = new EventMaker(session);
  for (let i = 1; i <= count; i++) maker.says(`answer ${i}\n\n${"some words ".repeat(i % 50)}`);
  return maker;
}

function printed(): EventMaker {
  const maker = long("5d3f2c1a-0000-4000-8000-000000000004", 150);
  maker.calls("t", "Bash", { command: "make" });
  maker.returns("t", "the output");
  return maker;
}

const FIRST_OF_LONG = told().events.length + varied().events.length + 1;

const suite = webSuite({
  stored: {
    told: told().events,
    varied: varied().events,
    long: long("5d3f2c1a-0000-4000-8000-000000000003", 1_000).events,
    printed: printed().events,
  },
});

suite.test("the conversation shows what was said and done, with names for assistive technology", async ({ open }) => {
  await using visitor = await open({ path: "/sessions/told" });
  const log = visitor.page.getByRole("log", { name: "Conversation" });
  await log.getByRole("heading", { name: "Title", level: 2 }).waitFor();
  assertEquals(await log.getByRole("article").count(), 5);
  assertStringIncludes(await log.getByRole("article", { name: "Prompt" }).innerText(), "Make it **so**");
  assertEquals(await log.getByText("a thought").count(), 0);
  const tool = log.getByRole("article", { name: "Tool Bash" });
  assertStringIncludes(await tool.innerText(), "echo \\u{202e}evil");
  await tool.locator("summary").click();
  await tool.locator(".ansi-red", { hasText: "red" }).waitFor();
  await log.locator("code .code-keyword", { hasText: "const" }).waitFor();
});

for (const theme of THEMES) {
  suite.test(`axe finds nothing wrong with the conversation in the ${theme} theme`, async ({ open }) => {
    await using visitor = await open({ path: "/sessions/varied", theme });
    const { page } = visitor;
    await page.locator(".code-keyword").first().waitFor();
    for (const summary of await page.locator("details > summary").all()) await summary.click();
    assertEquals(await axeViolations(page, ALL_RULES, '[role="log"]'), []);
  });
}

suite.test("an answer is streamed, and shown once when it is whole", async ({ home, open }) => {
  await using session = await home.start("streamed");
  await using visitor = await open({ path: "/sessions/streamed" });
  const log = visitor.page.getByRole("log");
  await log.getByText("Nothing was said yet").waitFor();
  await session.send("slow 60 20");
  await log.locator("article[aria-busy]").getByText("1 2 3").waitFor();
  await log.getByRole("article", { name: "End of the turn" }).waitFor();
  assertEquals(await log.locator("article[aria-busy]").count(), 0);
  assertEquals(await log.getByText("58 59 60").count(), 1);
});

suite.test("a page that is opened in the middle of an answer shows it from its beginning", async ({ home, open }) => {
  await using session = await home.start("opened");
  await using visitor = await open();
  await visitor.page.getByRole("link", { name: "opened" }).first().waitFor();
  await session.send("stall");
  await session.whenStatus("active");
  await visitor.page.getByRole("link", { name: "opened" }).first().click();
  await visitor.page.getByRole("log").getByText("one two three").waitFor();
});

suite.test("the conversation stays at its end while somebody is there, else in place", async ({ home, open }) => {
  await using session = await home.start("burst");
  await using visitor = await open({ path: "/sessions/burst" });
  const { page } = visitor;
  await session.send("burst 300 200");
  await page.getByText("burst over").waitFor();
  await waitFor("the end", async () => await distanceToEnd(page) <= 8);
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -4_000);
  const jump = page.getByRole("button", { name: "Jump to latest" });
  await jump.waitFor();
  const before = await placeOf(page);
  await session.send("burst 20 200");
  await page.getByRole("button", { name: /Jump to latest\s*\d+ new/ }).waitFor();
  assertEquals(await placeOf(page), before);
  await jump.click();
  await waitFor("the end", async () => await distanceToEnd(page) <= 8);
  await jump.waitFor({ state: "hidden" });
});

suite.test("older pages are loaded as one scrolls up, and nothing jumps", async ({ open }) => {
  await using visitor = await open({ path: "/sessions/long" });
  const { page } = visitor;
  const isThere = async (event: number) => await page.locator(`article[data-event="${event}"]`).count() > 0;
  await waitFor("the newest event", () => isThere(FIRST_OF_LONG + 999));
  for (let event = FIRST_OF_LONG + 999; !await isThere(FIRST_OF_LONG + 500);) {
    await page.getByRole("log").evaluate((log) => log.scrollTop -= 900);
    const now = await waitFor("something older", async () => {
      const place = await placeOf(page);
      return place.event < event ? place.event : undefined;
    });
    assert(event - now < 50, `from ${event} to ${now}`);
    event = now;
  }
});

suite.test("a link to an event shows it and marks it, and leads on to the newest", async ({ open }) => {
  const event = FIRST_OF_LONG + 300;
  await using visitor = await open({ path: `/sessions/long?event=${event}` });
  const { page } = visitor;
  const marked = page.locator('article[aria-current="true"]');
  await marked.waitFor();
  assertEquals(await marked.getAttribute("data-event"), String(event));
  await waitFor("the event to be shown", () =>
    marked.evaluate((entry) => {
      const { top, bottom } = entry.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }));
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await page.locator(`article[data-event="${FIRST_OF_LONG + 999}"]`).waitFor();
});

suite.test("a conversation is printed as far as it is loaded, unfolded", async ({ open }) => {
  await using visitor = await open({ path: "/sessions/printed" });
  const { page } = visitor;
  await page.getByRole("article", { name: "Tool Bash" }).waitFor();
  const first = page.getByText("answer 1", { exact: true });
  await waitFor("what is far above to be let go", async () => await first.count() === 0);
  // A browser takes its picture of the page when the event is over.
  const text = await page.evaluate(() => {
    dispatchEvent(new Event("beforeprint"));
    return document.querySelector("[role=log]")!.textContent;
  });
  assertStringIncludes(text, "answer 1");
  assertStringIncludes(text, "the output");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await waitFor("the page to be as before", async () => await first.count() === 0);
});

suite.test("a whole conversation is copied as Markdown", async ({ open }) => {
  await using visitor = await open({
    path: "/sessions/long",
    context: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  const { page } = visitor;
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Copy as Markdown" }).click();
  const copied = await waitFor("the copy", () => page.evaluate(() => navigator.clipboard.readText()));
  assertStringIncludes(copied, "## Agent\n\nanswer 1\n");
  assertStringIncludes(copied, "answer 1000");
});
