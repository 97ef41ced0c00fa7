import { assert, assertEquals } from "@std/assert";
import type { Locator, Page } from "playwright-core";
import { waitFor } from "../helpers/wait.ts";
import { webSuite } from "./helpers/suite.ts";
import { makeProject } from "./helpers/test_project.ts";

const suite = webSuite({ config: "projects.daring.allow_bypass_permissions = true\n" });

/** Starts remote control in the dialog of a project's page; returns its card. */
async function start(page: Page, name: string, fill?: (dialog: Locator) => Promise<unknown>): Promise<Locator> {
  await page.getByRole("button", { name: "Start remote control" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await fill?.(dialog);
  await dialog.getByRole("button", { name: "Start", exact: true }).click();
  return page.getByRole("article", { name: `Remote control ${name}` });
}

function isShown(card: Locator, status: string): Promise<void> {
  return card.locator(`[data-status="${status}"]`).waitFor();
}

/** Whether the end of a scrolled element is shown. */
function isAtEnd(log: Locator): Promise<boolean> {
  return log.evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop < 9);
}

suite.test("remote control is started, has its link and QR code, is stopped, resumed and forgotten", async ({ home, open }) => {
  await using _project = await makeProject(home, "served");
  await using visitor = await open({ path: "/projects/served" });
  const { page } = visitor;
  const card = await start(page, "phone");
  await isShown(card, "running");
  const link = card.getByRole("link", { name: "Open in claude.ai" });
  assertEquals(await link.getAttribute("href"), "https://claude.ai/code/session_01StandInSession?from=cli");
  await card.getByText("CPU").waitFor();
  await card.getByRole("button", { name: "QR code" }).click();
  const picture = page.getByRole("img", { name: "QR code of the link" });
  await waitFor("the picture", () => picture.evaluate((picture) => (picture as HTMLImageElement).naturalWidth > 0));
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await card.getByRole("button", { name: "Stop" }).click();
  await isShown(card, "stopped");
  await card.getByRole("button", { name: "Resume" }).click();
  await isShown(card, "running");
  await card.getByRole("button", { name: "Stop" }).click();
  await card.getByRole("button", { name: "Forget" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Forget" }).click();
  await card.waitFor({ state: "detached" });
  assertEquals(await home.call("instances.list", { project: "served" }), []);
});

suite.test("a card tells honestly what is wrong with remote control", async ({ home, open }) => {
  await using _project = await makeProject(home, "troubled");
  await using visitor = await open({ path: "/projects/troubled" });
  const { page } = visitor;
  const crashed = await start(page, "will crash");
  await isShown(crashed, "crashed");
  await crashed.getByText("for good").waitFor();
  assertEquals(await crashed.getByText("session_01StandInSession").count(), 0);
  const refused = await start(page, "needs login");
  await isShown(refused, "error");
  await refused.getByText("logged in").waitFor();
  const silent = await start(page, "stays silent");
  await isShown(silent, "starting");
  await silent.getByText("Waits until the agent CLI says that it takes work.").waitFor();
  await silent.getByRole("button", { name: "Stop" }).click();
  await isShown(silent, "stopped");
});

suite.test("an untrusted project is asked about before remote control is started", async ({ home, open }) => {
  await using _project = await makeProject(home, "not-yet", { isTrusted: false });
  await using visitor = await open({ path: "/projects/not-yet" });
  const { page } = visitor;
  await page.getByRole("button", { name: "Start remote control" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Do you trust this directory?").waitFor();
  await dialog.getByRole("button", { name: "Trust" }).click();
  await dialog.getByLabel("Name").waitFor();
  assertEquals((await home.call("project.get", { project_name: "not-yet" })).trust, "trusted");
});

suite.test("permissions are bypassed only where the configuration allows it and the name is typed", async ({ home, open }) => {
  await using _careful = await makeProject(home, "careful");
  await using _daring = await makeProject(home, "daring");
  await using visitor = await open({ path: "/projects/careful" });
  const { page } = visitor;
  const dialog = page.getByRole("dialog");
  const bypass = () => dialog.getByLabel("Permission mode").selectOption("bypassPermissions");
  await page.getByRole("button", { name: "Start remote control" }).click();
  await bypass();
  await dialog.getByText("allow_bypass_permissions = true").waitFor();
  assertEquals(await dialog.getByRole("button", { name: "Start", exact: true }).isDisabled(), true);
  await visitor.go("/projects/daring");
  const card = await start(page, "dares", async () => {
    await bypass();
    assertEquals(await dialog.getByRole("button", { name: "Start", exact: true }).isDisabled(), true);
    await dialog.getByLabel("Type daring to confirm").fill("daring");
  });
  await isShown(card, "running");
  await card.getByText("Bypass").waitFor();
  await card.getByRole("button", { name: "Stop" }).click();
  await card.getByRole("button", { name: "Resume" }).click();
  await page.getByLabel("Type daring").fill("daring");
  await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  await isShown(card, "running");
  await card.getByRole("button", { name: "Stop" }).click();
  await isShown(card, "stopped");
});

suite.test("the log is masked and followed, holds still when paused, and goes to the latest", async ({ home, open }) => {
  await using _project = await makeProject(home, "talks");
  await using visitor = await open({ path: "/projects/talks" });
  const { page } = visitor;
  const card = await start(page, "secrets flood 20");
  await isShown(card, "running");
  await card.getByRole("button", { name: "Log" }).click();
  const log = card.getByRole("log", { name: "Log of secrets flood 20" });
  await log.getByText("bridge:work").first().waitFor();
  const text = () => log.evaluate((log) => log.textContent ?? "");
  const end = async () => (await text()).slice(-200);
  const first = await end();
  await waitFor("more lines", async () => await end() !== first && await isAtEnd(log));
  assertEquals(/session_01StandIn|abcdef0123456789/.test(await text()), false);
  await card.getByRole("button", { name: "Pause" }).click();
  const latest = card.getByRole("button", { name: /^Jump to latest/ });
  const held = await text();
  await latest.getByText(/ new$/).waitFor();
  assertEquals(await text(), held);
  await latest.click();
  await waitFor("the latest lines", async () => await text() !== held && await isAtEnd(log));
  await log.hover();
  await page.mouse.wheel(0, -800);
  await latest.waitFor();
  await card.getByRole("button", { name: "Older lines" }).click();
  await card.getByRole("button", { name: "Stop" }).click();
  await isShown(card, "stopped");
});

suite.test("Home shows remote control and what runs elsewhere, and the filter finds both", async ({ home, open }) => {
  await using project = await makeProject(home, "on-home");
  const { id } = await home.call("instances.start", { project: "on-home", name: "from the sofa" });
  const outside = new Deno.Command(home.agent.program, {
    args: ["remote-control", "--name", "elsewhere"],
    cwd: project.path,
    env: { HOME: home.path },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await using visitor = await open();
    const { page } = visitor;
    const card = page.getByRole("region", { name: /^Remote control/ }).getByRole("link", { name: "from the sofa" });
    await isShown(card, "running");
    await page.getByRole("region", { name: /^Elsewhere/ }).getByText(`process ${outside.pid}`).waitFor();
    await page.getByRole("button", { name: /^Elsewhere/ }).click();
    await card.waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^Elsewhere/ }).click();
    await page.getByRole("searchbox").fill("sofa");
    await page.getByRole("region", { name: /^Elsewhere/ }).waitFor({ state: "detached" });
    await home.call("instances.stop", { instance_id: id });
    await isShown(card, "stopped");
  } finally {
    outside.kill("SIGINT");
    await outside.status;
  }
});

suite.test("what costs something is watched only while it is shown", async ({ home, open }) => {
  await using _project = await makeProject(home, "watched");
  await using visitor = await open({ path: "/settings/about" });
  const { page } = visitor;
  const sent: string[][] = [];
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      const { watch, topics = watch } = JSON.parse(String(payload));
      sent.push(topics);
    });
  });
  await page.reload();
  await page.getByRole("link", { name: "Home" }).click();
  await waitFor("the topics of Home", () => sent.at(-1)?.includes("external"));
  await page.getByRole("link", { name: "watched" }).click();
  await waitFor(
    "the topics of a project",
    () => sent.at(-1)?.includes("instances") && !sent.at(-1)?.includes("external"),
  );
  await page.getByRole("link", { name: "Settings" }).click();
  // Which hosts there are is told everywhere; that costs nothing.
  await waitFor("no other topics", () => sent.at(-1)?.every((topic) => topic === "hosts"));
  assert(sent.length < 12, `${sent.length} messages`);
});
