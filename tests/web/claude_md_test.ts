import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { webSuite } from "./helpers/suite.ts";
import { makeProject } from "./helpers/test_project.ts";

const suite = webSuite();
const CONFLICT = /status of 409/;

/** Keeps from the page what the hub tells of projects, so that only saving finds out what somebody else has written. */
async function tellNothing(page: Page): Promise<void> {
  await page.routeWebSocket(/\/ws\/dashboard/, (socket) => {
    const hub = socket.connectToServer();
    hub.onMessage((message) => {
      if (JSON.parse(String(message)).topic !== "projects") socket.send(message);
    });
  });
  await page.reload();
}

function fieldOf(page: Page) {
  return page.getByRole("textbox", { name: "CLAUDE.md" });
}

suite.test("CLAUDE.md is made, changed and saved", async ({ home, open }) => {
  await using project = await makeProject(home, "edited");
  await using visitor = await open({ path: "/projects/edited" });
  const { page } = visitor;
  await page.getByText("There is no such file yet").waitFor();
  await fieldOf(page).fill("# Edited\n");
  await page.getByText("Not saved yet").waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("CLAUDE.md was saved.").waitFor();
  await fieldOf(page).press("End");
  await fieldOf(page).pressSequentially("More");
  await fieldOf(page).press("Control+s");
  await page.getByText("Not saved yet").waitFor({ state: "detached" });
  assertEquals((await Deno.readTextFile(`${project.path}/CLAUDE.md`)).includes("More"), true);
});

suite.test("what was typed survives a reload, and can be discarded", async ({ home, open }) => {
  await using _project = await makeProject(home, "drafted", { files: { "CLAUDE.md": "before\n" } });
  await using visitor = await open({ path: "/projects/drafted" });
  const { page } = visitor;
  await fieldOf(page).fill("typed\n");
  await page.getByText("Not saved yet").waitFor();
  await page.reload();
  await page.getByText("Not saved yet").waitFor();
  assertEquals(await fieldOf(page).inputValue(), "typed\n");
  await page.getByRole("button", { name: "Discard" }).click();
  assertEquals(await fieldOf(page).inputValue(), "before\n");
});

suite.test("a file that somebody else has changed is not overwritten: both versions are shown", async ({ home, open }) => {
  await using project = await makeProject(home, "contested", { files: { "CLAUDE.md": "before\n" } });
  await using visitor = await open({ path: "/projects/contested", expected: [CONFLICT] });
  const { page } = visitor;
  await tellNothing(page);
  await fieldOf(page).fill("mine\n");
  await Deno.writeTextFile(`${project.path}/CLAUDE.md`, "theirs\n");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("region", { name: "In the file now" }).getByText("theirs").waitFor();
  await page.getByRole("region", { name: "Yours" }).getByText("mine").waitFor();
  assertEquals(await Deno.readTextFile(`${project.path}/CLAUDE.md`), "theirs\n");
  await page.reload();
  await page.getByRole("region", { name: "Yours" }).getByText("mine").waitFor();
  await page.getByRole("button", { name: "Edit mine further" }).click();
  assertEquals(await fieldOf(page).inputValue(), "mine\n");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("CLAUDE.md was saved.").waitFor();
  assertEquals(await Deno.readTextFile(`${project.path}/CLAUDE.md`), "mine\n");
});

suite.test("the other version can be taken instead", async ({ home, open }) => {
  await using project = await makeProject(home, "given-up", { files: { "CLAUDE.md": "before\n" } });
  await using visitor = await open({ path: "/projects/given-up", expected: [CONFLICT] });
  const { page } = visitor;
  await tellNothing(page);
  await fieldOf(page).fill("mine\n");
  await Deno.writeTextFile(`${project.path}/CLAUDE.md`, "theirs\n");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: "Take the file, drop mine" }).click();
  assertEquals(await fieldOf(page).inputValue(), "theirs\n");
});

suite.test("the file of a project that nobody trusts is shown, and not changed", async ({ home, open }) => {
  await using _project = await makeProject(home, "read-only", { files: { "CLAUDE.md": "x\n" }, isTrusted: false });
  await using visitor = await open({ path: "/projects/read-only" });
  const { page } = visitor;
  await page.getByText("It can be changed as soon as the project is trusted.").waitFor();
  assertEquals(await fieldOf(page).getAttribute("readonly"), "");
});
