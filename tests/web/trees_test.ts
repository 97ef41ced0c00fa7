import { assertEquals } from "@std/assert";
import { pagesOf } from "./helpers/pages.ts";
import { webSuite } from "./helpers/suite.ts";
import { treeFile, treeOf } from "./helpers/tree.ts";

/** Set to accept what the pages show now. */
const ACCEPTS = Deno.env.get("ACCEPT_TREES") !== undefined;
const suite = webSuite();

/** Compares a tree with the stored one. */
async function compare(name: string, tree: string): Promise<void> {
  if (ACCEPTS) return await Deno.writeTextFile(treeFile(name), tree);
  assertEquals(tree, await Deno.readTextFile(treeFile(name)), `${name}: accept with ACCEPT_TREES=1`);
}

suite.test("what assistive technology sees of each page is what was accepted", async ({ home, scene, open }) => {
  await using visitor = await open({ expected: [/status of 40[349]/] });
  const { page } = visitor;
  for (const { name, path, prepare, narrow } of pagesOf(home, await scene())) {
    await visitor.go(path);
    await prepare(page);
    await narrow?.(page);
    await compare(name, await treeOf(page));
  }
});

suite.test("what assistive technology sees where one signs in is what was accepted", async ({ openSignedOut }) => {
  await using visitor = await openSignedOut();
  await visitor.page.getByRole("button", { name: "Sign in" }).waitFor();
  await compare("sign-in", await treeOf(visitor.page));
});
