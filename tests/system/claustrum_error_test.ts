import { assertEquals, assertInstanceOf } from "@std/assert";
import * as client from "../../lib/client/mod.ts";
import { ServeError } from "../../lib/system/serve_error.ts";
import { ClaustrumError } from "../../lib/system/claustrum_error.ts";

const LIB = new URL("../../lib/", import.meta.url);

Deno.test("an error is named after its class", () => {
  const cause = new Error("why");
  const error = new ServeError("it is in use", { cause });
  assertInstanceOf(error, ClaustrumError);
  assertEquals([error.name, error.message, error.cause, String(error)], [
    "ServeError",
    "it is in use",
    cause,
    "ServeError: it is in use",
  ]);
  assertEquals(new client.ReplayGapError("p", 1, 2).name, "ReplayGapError");
});

Deno.test("every error class of lib derives from ClaustrumError", async () => {
  const bases = new Map<string, string>();
  async function search(directory: URL): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      // The page in the browser shares no code with the rest, and its bundle has the errors of its libraries.
      if (isDirectory && name !== "web") await search(new URL(`${name}/`, directory));
      else if (name.endsWith(".ts") && name !== "assets_generated.ts") {
        const text = await Deno.readTextFile(new URL(name, directory));
        for (const [, found, base] of text.matchAll(/class (\w+) extends (\w*Error)\b/g)) bases.set(found!, base!);
      }
    }
  }
  await search(LIB);
  const derives = (name: string | undefined): boolean =>
    name !== undefined && (name === "ClaustrumError" || derives(bases.get(name)));
  assertEquals([...bases.keys()].filter((name) => !derives(name)), []);
});
