import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { hashPassword } from "../../lib/hub/access/argon2.ts";
import { webSuite } from "./helpers/suite.ts";

const PASSWORD = "correct horse";
const suite = webSuite({ config: `auth.password_hash = "${await hashPassword(PASSWORD)}"\n` });

/** Waits until the page shows what only who has signed in sees. */
async function isIn(page: Page): Promise<void> {
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}

suite.test("a sign-in link signs in, and leaves nothing of itself in the address", async ({ home, openSignedOut }) => {
  const link = await home.link();
  await using visitor = await openSignedOut({ path: link.slice(home.url.length) });
  await isIn(visitor.page);
  assertEquals(visitor.page.url(), `${home.url}/`);
});

suite.test("a sign-in link signs in a page that is open already", async ({ home, openSignedOut }) => {
  await using visitor = await openSignedOut();
  const { page } = visitor;
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.goto(await home.link());
  await isIn(page);
});

suite.test("the token signs in", async ({ home, openSignedOut }) => {
  await using visitor = await openSignedOut();
  const { page } = visitor;
  await page.getByRole("button", { name: "Use a token" }).click();
  await page.getByLabel("Token").fill(home.token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await isIn(page);
});

suite.test("the password, which is offered first where there is one, signs in", async ({ openSignedOut }) => {
  await using visitor = await openSignedOut();
  const { page } = visitor;
  await page.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await isIn(page);
});

suite.test("a wrong token is told in an alert", async ({ openSignedOut }) => {
  await using visitor = await openSignedOut();
  const { page } = visitor;
  await page.getByRole("button", { name: "Use a token" }).click();
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  assertMatch(await page.getByRole("alert").innerText(), /token is wrong/i);
});

suite.test("who has signed in is still signed in after a reload", async ({ open }) => {
  await using visitor = await open();
  await isIn(visitor.page);
  await visitor.page.reload();
  await isIn(visitor.page);
});
