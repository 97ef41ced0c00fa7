import { assertEquals } from "@std/assert";
import { movedPath } from "../../lib/system/moved_path.ts";

Deno.test("movedPath() moves a directory and what is below it, and nothing beside it", () => {
  const moved = [{ from: "/home/me", to: "/home/ann" }];
  const paths = ["/home/me", "/home/me/web", "/home/mean", "/home", "/"];
  assertEquals(paths.map((path) => movedPath(path, moved)), [
    "/home/ann",
    "/home/ann/web",
    "/home/mean",
    "/home",
    "/",
  ]);
});

Deno.test("movedPath() goes by the innermost of several directories, and moves a path once", () => {
  const moved = [{ from: "/a", to: "/b" }, { from: "/a/x", to: "/y" }, { from: "/b", to: "/c" }];
  assertEquals(["/a/z", "/a/x/1", "/b"].map((path) => movedPath(path, moved)), ["/b/z", "/y/1", "/c"]);
});

Deno.test("movedPath() moves from and to the root", () => {
  assertEquals(movedPath("/a", [{ from: "/", to: "/mnt" }]), "/mnt/a");
  assertEquals(movedPath("/mnt/a", [{ from: "/mnt", to: "/" }]), "/a");
  assertEquals(movedPath("/mnt", [{ from: "/mnt", to: "/" }]), "/");
  assertEquals(movedPath("/", [{ from: "/", to: "/mnt" }]), "/mnt");
});
