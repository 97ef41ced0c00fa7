import { assertEquals } from "@std/assert";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

const suite = webSuite();

suite.test("New session starts a session with its first prompt, and shows the answer", async ({ home, open }) => {
  await using known = await home.start("known");
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("button", { name: "New session" }).click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  await dialog.getByLabel("Path").fill(known.path);
  await dialog.getByLabel("Name").fill("from-the-page");
  await dialog.getByLabel("Prompt").fill("echo good morning");
  await dialog.getByRole("button", { name: "Start" }).click();
  await sessionView(page).said("echo: good morning");
  await page.getByRole("heading", { name: "from-the-page" }).waitFor();
  await home.session("kill", "from-the-page");
});

suite.test("a directory that is not trusted is asked about with Trust, and then the session starts", async ({ home, open }) => {
  const path = `${home.work}/untrusted`;
  await Deno.mkdir(path);
  await using visitor = await open({ expected: [/status of 403/] });
  const { page } = visitor;
  await page.getByRole("button", { name: "New session" }).click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  await dialog.getByLabel("Path").fill(path);
  await dialog.getByRole("button", { name: "Start" }).click();
  await dialog.getByText("Do you trust this directory?").waitFor();
  await dialog.getByText(path).waitFor();
  assertEquals((await home.call("sessions.list", {})).some((session) => session.path === path), false);
  await dialog.getByRole("button", { name: "Trust" }).click();
  await page.getByRole("heading", { name: "untrusted" }).waitFor();
  await sessionView(page).isShown("idle");
  await home.session("kill", "untrusted");
});

suite.test("a directory that does not exist is told in the dialog, which keeps what was typed", async ({ home, open }) => {
  await using visitor = await open({ expected: [/status of 4\d\d/] });
  const { page } = visitor;
  await page.getByRole("button", { name: "New session" }).click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  await dialog.getByLabel("Path").fill(`${home.work}/nowhere`);
  await dialog.getByLabel("Prompt").fill("echo kept");
  await dialog.getByRole("button", { name: "Start" }).click();
  await dialog.getByRole("alert").filter({ hasText: "nowhere" }).waitFor();
  assertEquals(await dialog.getByLabel("Prompt").inputValue(), "echo kept");
});

suite.test("Remove forgets a stopped session and leads Home", async ({ home, open }) => {
  await using session = await home.start("soon-gone");
  await home.call("session.kill", { session_name: session.id });
  await session.whenStatus("stopped");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.waitForURL(`${home.url}/`);
  assertEquals((await home.call("sessions.list", {})).some(({ id }) => id === session.id), false);
});

suite.test("Rename, Stop and Resume do what they say", async ({ home, open }) => {
  await using session = await home.start("old-name");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("new-name");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "new-name" }).waitFor();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Stop" }).click();
  await sessionView(page).isShown("stopped");
  await page.getByRole("button", { name: "Resume" }).click();
  await sessionView(page).isShown("idle");
});

suite.test("Fork opens a copy that goes on by itself", async ({ home, open }) => {
  await using session = await home.start("original");
  await session.send("echo remembered");
  await session.whenStatus("idle");
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  await sessionView(page).said("echo: remembered");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Fork" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith(session.id));
  await sessionView(page).send("recall");
  await sessionView(page).said("echo remembered");
  assertEquals((await session.read()).turns, 1);
});
