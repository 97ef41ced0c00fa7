import { assertEquals } from "@std/assert";
import { waitFor } from "../helpers/wait.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

const suite = webSuite();

suite.test("a prompt that is sent with Enter is answered in the conversation", async ({ home, open }) => {
  await using session = await home.start("enter");
  await using visitor = await open({ path: pathOfSession(session) });
  const { prompt, said, log } = sessionView(visitor.page);
  await prompt.fill("echo hello");
  await prompt.press("Enter");
  await said("echo: hello");
  await log.getByRole("article", { name: "Prompt" }).filter({ hasText: "echo hello" }).waitFor();
  assertEquals(await prompt.inputValue(), "");
});

suite.test("Shift and Enter begin a new line", async ({ home, open }) => {
  await using session = await home.start("lines");
  await using visitor = await open({ path: pathOfSession(session) });
  const { prompt } = sessionView(visitor.page);
  await prompt.pressSequentially("one");
  await prompt.press("Shift+Enter");
  await prompt.pressSequentially("two");
  assertEquals(await prompt.inputValue(), "one\ntwo");
});

suite.test("on a phone, Enter begins a new line and the button sends", async ({ home, open }) => {
  await using session = await home.start("thumbs");
  await using visitor = await open({ path: pathOfSession(session), size: "phone" });
  const { page } = visitor;
  const { prompt, said } = sessionView(page);
  await prompt.pressSequentially("echo one");
  await prompt.press("Enter");
  await prompt.pressSequentially("two");
  assertEquals(await prompt.inputValue(), "echo one\ntwo");
  await page.getByRole("button", { name: "Send", exact: true }).tap();
  await said("echo: one");
});

suite.test("an answer appears while it is written, and stands there once in the end", async ({ home, open }) => {
  await using session = await home.start("streams");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const { send, log, answers } = sessionView(page);
  await send("slow 30 50");
  const growing = log.locator('article[aria-busy="true"]');
  await growing.filter({ hasText: "1 2 3" }).waitFor();
  const early = await growing.innerText();
  await waitFor("more of the answer", async () => (await growing.innerText()).length > early.length);
  await session.whenStatus("idle");
  await growing.waitFor({ state: "detached" });
  assertEquals((await answers.allInnerTexts()).filter((text) => text.includes("28 29 30")).length, 1);
});

suite.test("Interrupt ends the turn", async ({ home, open }) => {
  await using session = await home.start("stalls");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const { send, log, isShown } = sessionView(page);
  await send("stall");
  await log.getByText("one two three").waitFor();
  await page.getByRole("button", { name: "Interrupt" }).click();
  await log.getByRole("article", { name: "End of the turn" }).filter({ hasText: "Interrupted" }).waitFor();
  await isShown("idle");
});

suite.test("prompts wait in the queue while the agent works, and are sent in order", async ({ home, open }) => {
  await using session = await home.start("queues");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const { send, said, queue, log } = sessionView(page);
  await send("stall");
  await log.getByText("one two three").waitFor();
  await send("echo first");
  await send("echo second");
  await queue.nth(1).waitFor();
  await page.getByRole("button", { name: "Interrupt" }).click();
  await said("echo: second");
  const prompts = await log.getByRole("article", { name: "Prompt" }).allInnerTexts();
  assertEquals(prompts.map((text) => text.split("\n")[0]), ["stall", "echo first", "echo second"]);
});

suite.test("the commands of the agent are listed in view after /, and Tab takes one", async ({ home, open }) => {
  await using session = await home.start("completes");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const { prompt, isShown } = sessionView(page);
  await isShown("idle");
  await prompt.pressSequentially("/");
  const option = page.getByRole("listbox", { name: "Completions" }).getByRole("option").first();
  await option.waitFor();
  const isOnTop = await option.evaluate((option) => {
    const { left, top, height } = option.getBoundingClientRect();
    return option.contains(document.elementFromPoint(left + 20, top + height / 2));
  });
  assertEquals(isOnTop, true);
  const command = (await option.innerText()).split("\n")[0]!;
  await prompt.press("Tab");
  assertEquals(await prompt.inputValue(), `${command} `);
});

/** The beginnings of the prompts that wait. */
const WAITING = ["echo a", "echo b", "echo c"];

/** Tests of a queue of three prompts, of which none is sent. */
function queueTest(
  name: string,
  act: (parts: { page: import("playwright-core").Page; queue: import("playwright-core").Locator }) => Promise<void>,
  expected: readonly string[],
): void {
  suite.test(name, async ({ home, open }) => {
    await using session = await home.start("waits");
    await session.send("stall");
    await session.whenStatus("active");
    for (const prompt of WAITING) await session.send(prompt);
    await using visitor = await open({ path: pathOfSession(session) });
    const { queue } = sessionView(visitor.page);
    await queue.nth(2).waitFor();
    await act({ page: visitor.page, queue });
    await waitFor("the queue", async () => {
      const texts = (await session.read()).queue.map(({ prompt }) => prompt);
      return texts.join() === expected.join();
    });
    await waitFor(
      "the list",
      async () => (await queue.allInnerTexts()).map((text) => text.trim()).join() === expected.join(),
    );
  });
}

queueTest("a queued prompt is changed with Edit and Enter", async ({ page, queue }) => {
  await queue.nth(1).getByRole("button", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Queued prompt" }).fill("echo changed");
  await page.keyboard.press("Enter");
}, ["echo a", "echo changed", "echo c"]);

queueTest("a queued prompt is changed with Edit and Save", async ({ page, queue }) => {
  await queue.nth(0).getByRole("button", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Queued prompt" }).fill("echo saved");
  await page.getByRole("button", { name: "Save" }).click();
}, ["echo saved", "echo b", "echo c"]);

queueTest("a queued prompt is removed with Remove", async ({ queue }) => {
  await queue.nth(1).getByRole("button", { name: "Remove" }).click();
}, ["echo a", "echo c"]);

queueTest("a queued prompt moves up with Move up", async ({ queue }) => {
  await queue.nth(2).getByRole("button", { name: "Move up" }).click();
}, ["echo a", "echo c", "echo b"]);

queueTest("a queued prompt is moved by dragging it", async ({ queue }) => {
  await queue.nth(2).dragTo(queue.nth(0));
}, ["echo c", "echo a", "echo b"]);
