import { assert, assertEquals, assertRejects } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import {
  isOrContains,
  isOrContainsHome,
  kernelPath,
  placeOf,
  removalTarget,
  removeTarget,
  ReplacedError,
} from "../../lib/system/removal.ts";
import { tempDir } from "../helpers/temp.ts";

/** Creates `real/sub`, a symlink `link` to `real`, and a symlink `deep` to `real/sub`. */
async function linkedDirectories() {
  const dir = await tempDir();
  await Deno.mkdir(`${dir.path}/real/sub`, { recursive: true });
  await Deno.symlink("real", `${dir.path}/link`);
  await Deno.symlink("real/sub", `${dir.path}/deep`);
  return dir;
}

Deno.test("removalTarget() resolves the parents of a path but not its last part", async () => {
  await using dir = await linkedDirectories();
  for (
    const [path, expected] of [
      ["real", "real"],
      ["real//sub/.", "real/sub"],
      ["link", "link"],
      ["link/", "link"],
      ["link/./.", "link"],
      ["link//", "link"],
      ["link/sub", "real/sub"],
      ["link/sub/..", "link"],
      ["link/none/a", "real/none/a"],
      ["none/../link/sub", "real/sub"],
    ]
  ) {
    assertEquals((await removalTarget(`${dir.path}/${path}`)).path, `${dir.path}/${expected}`, path);
  }
});

Deno.test("removalTarget() reports a path as ambiguous when the kernel resolves it differently", async () => {
  await using dir = await linkedDirectories();
  for (const path of ["real/sub/..", "real/./x/..", "link/x", "link/"]) {
    assertEquals((await removalTarget(`${dir.path}/${path}`)).isAmbiguous, false, path);
  }
  for (const path of ["link/sub/..", "deep/../x", "deep/.."]) {
    const { isAmbiguous, paths } = await removalTarget(`${dir.path}/${path}`);
    assertEquals(isAmbiguous, true, path);
    assert(paths.some((known) => known.startsWith(`${dir.path}/real`)), path);
  }
});

Deno.test("isOrContains() compares the path as written and as resolved", async () => {
  await using dir = await linkedDirectories();
  const sub = await placeOf(`${dir.path}/real/sub`);
  for (
    const path of ["real", "real/sub", "link", "link/", "link/sub", "deep", "deep/", "deep/.", "deep/..", "none/.."]
  ) {
    assertEquals(isOrContains(await removalTarget(`${dir.path}/${path}`), sub), true, path);
  }
  for (const path of ["real/su", "real/sub2", "real/sub/x", "none", "deep/x"]) {
    assertEquals(isOrContains(await removalTarget(`${dir.path}/${path}`), sub), false, path);
  }
  assertEquals(isOrContains(await removalTarget("/"), sub), true);
  assertEquals(isOrContains(await removalTarget("/"), await placeOf("/none/at/all")), true);
});

Deno.test("isOrContainsHome() recognizes a home that is a symlink by both of its names", async () => {
  await using dir = await linkedDirectories();
  for (const path of ["link", "real", "link/", dir.path]) {
    const target = await removalTarget(path.startsWith("/") ? path : `${dir.path}/${path}`);
    assertEquals(await isOrContainsHome(target, `${dir.path}/link`), true, path);
    assertEquals([await isOrContainsHome(target, ""), await isOrContainsHome(target, undefined)], [false, false]);
  }
  assertEquals(await isOrContainsHome(await removalTarget(`${dir.path}/real/sub`), `${dir.path}/link`), false);
});

Deno.test("removeTarget() unlinks a symlink and keeps its target", async () => {
  await using dir = await linkedDirectories();
  for (const path of ["link/", "deep/."]) await removeTarget(await removalTarget(`${dir.path}/${path}`));
  assertEquals((await Array.fromAsync(Deno.readDir(dir.path), ({ name }) => name)).sort(), ["real"]);
  assert(await isThere(`${dir.path}/real/sub`));
  await removeTarget(await removalTarget(`${dir.path}/real/`));
  assertEquals(await isThere(`${dir.path}/real`), false);
  await assertRejects(async () => await removeTarget(await removalTarget(`${dir.path}/real`)), Deno.errors.NotFound);
});

Deno.test("removeTarget() removes nothing when a parent has become a symlink since the check", async () => {
  await using dir = await linkedDirectories();
  await Deno.mkdir(`${dir.path}/place/sub`, { recursive: true });
  const target = await removalTarget(`${dir.path}/place/sub`);
  await Deno.rename(`${dir.path}/place`, `${dir.path}/moved`);
  await Deno.symlink("real", `${dir.path}/place`);
  await assertRejects(() => removeTarget(target), ReplacedError, "has been replaced by a symlink");
  assert(await isThere(`${dir.path}/real/sub`));
});

Deno.test("kernelPath() returns a path that is far too long as written, without delay", async () => {
  const long = `/none${"/a/../b".repeat(100_000)}`;
  assertEquals((await kernelPath(long)).length, "/none".length + "/b".length * 100_000);
  assertEquals((await removalTarget(long)).own.size, 0);
});

Deno.test("removalTarget() accepts names that no file can have", async () => {
  for (const path of ["/a\0b", `/${"x".repeat(300)}`, "/proc/self/mem/x"]) {
    assertEquals((await removalTarget(path)).own.size, 0);
  }
  await assertRejects(() => removeTarget({ path: "/a\0b" }));
});
