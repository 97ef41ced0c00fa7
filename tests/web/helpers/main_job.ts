import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { isThere } from "../../../lib/system/private_files.ts";
import { waitFor } from "../../helpers/wait.ts";
import { sessionView } from "./session_view.ts";
import type { Visitor } from "./visitor.ts";
import type { WebHome } from "./web_home.ts";

/** A machine of the main job. */
export interface JobHost {
  /** The name under which `ssh` reaches it. */
  readonly name: string;
  readonly home: string;
}

/** What the main job needs. */
export interface MainJob {
  readonly home: Pick<WebHome, "call">;
  /** Opens the page in a browser that is signed in. */
  readonly open: (options: { readonly size: "desk" | "phone"; readonly path: string }) => Promise<Visitor>;
  /** One that has claustrum. */
  readonly one: JobHost;
  /** One that has nothing. */
  readonly two: JobHost;
  /** The directory of the release. @default {what the hub finds} */
  readonly release?: string;
  /** Called with what was done just now. */
  readonly onStep?: (step: string) => void;
}

/**
 * The main job, with a browser alone: two machines are added, claustrum is installed on the one that has nothing, sessions
 * of both are on one page, and a permission on the far one is answered on a phone.
 */
export async function doMainJob({ home, open, one, two, release, onStep = () => {} }: MainJob): Promise<void> {
  await using desk = await open({ size: "desk", path: "/hosts" });
  const { page } = desk;
  // The hub of a checkout installs what was packed there, which a test does not make.
  await page.route(/\/api\/hosts\/[^/]+\/install$/, (route) => {
    const postData = JSON.stringify(release === undefined ? {} : { release });
    const headers = { ...route.request().headers(), "content-type": "application/json" };
    return route.continue({ postData, headers });
  });
  await addHost(page, one.name);
  await isUp(page, one.name);
  onStep(`${one.name} was added, and is up`);
  await addHost(page, two.name);
  const bare = page.getByRole("article", { name: two.name });
  await bare.getByText("claustrum is not installed there").waitFor();
  onStep(`${two.name} was added, and has nothing`);
  await bare.getByRole("button", { name: "Install" }).click();
  await isUp(page, two.name);
  assertEquals(await isThere(`${two.home}/.local/bin/claustrum`), true);
  onStep(`claustrum was installed on ${two.name}, which is up`);
  await startOn(desk, one, "say hello");
  await sessionView(page).said("hello");
  await startOn(desk, two, "tool Bash touch answered");
  await desk.go("/");
  for (const { name } of [one, two]) {
    await page.getByRole("main").getByRole("link", { name: new RegExp(`^work-${name}`) }).getByText(`on ${name}`)
      .waitFor();
  }
  onStep("sessions of both are on one page");
  await using phone = await open({ size: "phone", path: "/" });
  const question = phone.page.getByRole("region", { name: "Needs you" }).getByRole("article", {
    name: `work-${two.name}`,
  });
  await question.getByText(`on ${two.name}`).waitFor();
  await question.getByRole("button", { name: "Allow", exact: true }).tap();
  await question.waitFor({ state: "detached" });
  await waitFor("the file", () => isThere(`${two.home}/work-${two.name}/answered`));
  const sessions = await home.call("sessions.list", {});
  assertEquals(sessions.map(({ host }) => host).sort(), [one.name, two.name].sort());
  onStep(`the permission on ${two.name} was answered on a phone, and its command has run`);
}

async function addHost(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Add a host" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a host" });
  await dialog.getByLabel("Address").fill(name);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

async function isUp(page: Page, name: string): Promise<void> {
  await page.getByRole("article", { name }).getByText("Up", { exact: true }).waitFor({ timeout: 180_000 });
}

/** Starts a session in a directory that nobody has trusted yet. */
async function startOn(desk: Visitor, { name, home }: JobHost, prompt: string): Promise<void> {
  const { page } = desk;
  desk.expect(/status of 403/);
  await desk.go("/hosts");
  await page.getByRole("button", { name: `New session on ${name}` }).click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  await dialog.getByLabel("Path").fill(`${home}/work-${name}`);
  await dialog.getByLabel("Prompt").fill(prompt);
  await dialog.getByRole("button", { name: "Start" }).click();
  await dialog.getByRole("button", { name: "Trust" }).click();
  await dialog.waitFor({ state: "detached" });
}
