import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { UNAUTHORIZED, webSuite } from "./helpers/suite.ts";
import { signIn } from "./helpers/sign_in.ts";

const suite = webSuite();

/** Opens the part of the settings where one signs out. */
async function openSignIns(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).first().click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Sign-ins" }).click();
}

/** Waits until the page asks who is there. */
async function isOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
}

suite.test("Sign out signs out this browser alone", async ({ home, open }) => {
  await using leaver = await open({ signedIn: await signIn(home), expected: [UNAUTHORIZED] });
  await using other = await open({ signedIn: await signIn(home) });
  await openSignIns(leaver.page);
  await leaver.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await isOut(leaver.page);
  await leaver.page.reload();
  await isOut(leaver.page);
  await other.page.reload();
  await other.page.getByRole("navigation", { name: "Main" }).waitFor();
});

suite.test("Sign out everywhere signs out every browser at once", async ({ home, open }) => {
  await using leaver = await open({ signedIn: await signIn(home), expected: [UNAUTHORIZED] });
  await using other = await open({ signedIn: await signIn(home), size: "phone", expected: [UNAUTHORIZED] });
  await other.page.getByRole("heading", { name: "No sessions yet" }).waitFor();
  await openSignIns(leaver.page);
  await leaver.page.getByRole("button", { name: "Sign out everywhere" }).click();
  await leaver.page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere" }).click();
  await Promise.all([isOut(leaver.page), isOut(other.page)]);
});

suite.test("after signing out nothing of the sessions is left on the page", async ({ home, open }) => {
  await using session = await home.start("secret-plans");
  await using visitor = await open({ signedIn: await signIn(home), expected: [UNAUTHORIZED] });
  const { page } = visitor;
  await page.getByRole("link", { name: session.name }).first().waitFor();
  await openSignIns(page);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await isOut(page);
  assertEquals((await page.content()).includes(session.name), false);
});
