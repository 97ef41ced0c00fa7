import { assertEquals } from "@std/assert";
import { readPointers } from "../../lib/remote/pointer_files.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("readPointers() finds none where something else is in the place of the file or its directory", async () => {
  await using home = await tempDir();
  const directory = `${home.path}/.claude/projects`;
  await Deno.mkdir(`${directory}/-a/bridge-pointer.json`, { recursive: true });
  await Deno.writeTextFile(`${directory}/-b`, "");
  await Deno.mkdir(`${directory}/-c`);
  await Deno.symlink("bridge-pointer.json", `${directory}/-c/bridge-pointer.json`);
  assertEquals(await Promise.all(["/a", "/b", "/c", "/d"].map((path) => readPointers(home.path, path))), [
    [],
    [],
    [],
    [],
  ]);
});
