import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { ASSETS } from "../../lib/hub/http/assets_generated.ts";
import { soon } from "../helpers/wait.ts";

/** The most JavaScript that the page loads before anything is shown, compressed, in bytes. */
const BUDGET = 120 << 10;
/** What is loaded when it is needed. */
const LATER: readonly string[] = ["terminal.js", "highlight.js"];
const ROOT = new URL("../../", import.meta.url);

Deno.test("the page loads less than 120 KB of JavaScript", () => {
  const scripts = Object.entries(ASSETS).filter(([name]) => name.endsWith(".js") && !LATER.includes(name));
  const sizes = scripts.map(([, { text = "" }]) => gzipSync(text).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert(total > 10_000 && total < BUDGET, `${total} bytes`);
});

Deno.test("the assets are what the sources make", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", ".ci/web.ts", "--check"],
    cwd: ROOT,
    stdin: "null",
  });
  const { code, stdout } = await soon("the assets", command.output());
  assertEquals(new TextDecoder().decode(stdout).trim(), "the page is up to date");
  assertEquals(code, 0);
});

Deno.test("the assets name no other machine to load anything from", () => {
  for (const [name, { text = "" }] of Object.entries(ASSETS)) {
    const loaded = [...text.matchAll(/(?:import\(|url\(|src=|from)\s*["'`(]?(https?:)?\/\/[\w.-]+/g)].map(([match]) =>
      match
    );
    assertEquals(loaded, [], name);
  }
});
