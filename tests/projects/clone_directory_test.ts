import { assertEquals } from "@std/assert";
import { sizeOf } from "../../lib/projects/clone_directory.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("sizeOf() counts empty files and directories, too, and does not follow symlinks", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(`${dir.path}/a/b`, { recursive: true });
  await Deno.writeTextFile(`${dir.path}/a/empty`, "");
  await Deno.writeFile(`${dir.path}/a/large`, new Uint8Array(10_000));
  await Deno.symlink("/", `${dir.path}/a/root`);
  assertEquals(await sizeOf(dir.path, new AbortController().signal), 4 * 1024 + 10_000);
});
