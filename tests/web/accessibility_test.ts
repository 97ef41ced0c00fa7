import { assertEquals } from "@std/assert";
import { violationsInBothThemes } from "./helpers/axe.ts";
import { type WebParts, webSuite } from "./helpers/suite.ts";
import { treeFile, treeOf } from "./helpers/tree.ts";
import { SIZES } from "./helpers/visitor.ts";
import { walk } from "./helpers/walk.ts";

/** Set to accept what the pages show now. */
const ACCEPTS = Deno.env.get("ACCEPT_TREES") !== undefined;
const suite = webSuite();

/** What was found on the pages. */
interface Findings {
  readonly violations: readonly string[];
  /** What assistive technology sees, by the name of the page. */
  readonly trees: ReadonlyMap<string, string>;
}

let findings: Promise<Findings> | undefined;

/** Looks at each page; only once, because opening the pages takes longer than looking at them. */
function lookAtPages(parts: WebParts): Promise<Findings> {
  return findings ??= (async () => {
    const violations: string[] = [];
    const trees = new Map<string, string>();
    await walk(parts, {}, async (page, { name, narrow }) => {
      violations.push(...(await violationsInBothThemes(page)).map((violation) => `${name}, ${violation}`));
      await narrow?.(page);
      trees.set(name, await treeOf(page));
    });
    return { violations, trees };
  })();
}

/** Compares a tree with the stored one. */
async function compare(name: string, tree: string): Promise<void> {
  if (ACCEPTS) return await Deno.writeTextFile(treeFile(name), tree);
  assertEquals(tree, await Deno.readTextFile(treeFile(name)), `${name}: accept with ACCEPT_TREES=1`);
}

suite.test("axe finds no violation on any page, in both themes (desk)", async (parts) => {
  assertEquals((await lookAtPages(parts)).violations, []);
});

suite.test("what assistive technology sees of each page is what was accepted", async (parts) => {
  for (const [name, tree] of (await lookAtPages(parts)).trees) await compare(name, tree);
});

for (const size of SIZES) {
  suite.test(`axe finds no violation where one signs in, in both themes (${size})`, async ({ openSignedOut }) => {
    await using visitor = await openSignedOut({ size });
    const { page } = visitor;
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    assertEquals(await violationsInBothThemes(page), []);
  });
}

suite.test("what assistive technology sees where one signs in is what was accepted", async ({ openSignedOut }) => {
  await using visitor = await openSignedOut();
  await visitor.page.getByRole("button", { name: "Sign in" }).waitFor();
  await compare("sign-in", await treeOf(visitor.page));
});
