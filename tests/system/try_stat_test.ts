import { assertEquals } from "@std/assert";
import { tryLstat, tryStat } from "../../lib/system/try_stat.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("tryStat() follows a symlink, and tryLstat() does not", async () => {
  await using dir = await tempDir();
  await Deno.symlink(dir.path, `${dir.path}/link`);
  const [followed, link] = [await tryStat(`${dir.path}/link`), await tryLstat(`${dir.path}/link`)];
  assertEquals([followed?.isDirectory, link?.isDirectory, link?.isSymlink], [true, false, true]);
});

Deno.test("tryStat() and tryLstat() return undefined when there is nothing to inspect", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/file`, "");
  for (const path of [`${dir.path}/none`, `${dir.path}/file/below`, `${dir.path}/${"x".repeat(300)}`]) {
    assertEquals([await tryStat(path), await tryLstat(path)], [undefined, undefined], path);
  }
});
