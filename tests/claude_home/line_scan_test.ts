import { assertEquals, assertRejects } from "@std/assert";
import { scanLines, type ScanPosition } from "../../lib/claude_home/line_scan.ts";
import { NotRegularError } from "../../lib/system/regular_file.ts";
import { tempDir } from "../helpers/temp.ts";

async function scan(path: string, from?: ScanPosition): Promise<{ found: string[]; position: ScanPosition }> {
  const found: string[] = [];
  const position = await scanLines(path, { mark: "x", from, visit: (line) => void found.push(line) });
  return { found, position };
}

Deno.test("scanLines() visits the lines with the mark, each once", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/a`;
  await Deno.writeTextFile(path, "x1\nno\n\nnaïve x2 x x\nno\nx3");
  const { found, position } = await scan(path);
  assertEquals([found, position.offset], [["x1", "naïve x2 x x", "x3"], 24]);
  await Deno.writeTextFile(path, "x\nno\nx4\n", { append: true });
  const next = await scan(path, position);
  // The line that was not whole comes again.
  assertEquals([next.found, next.position.offset], [["x3x", "x4"], 34]);
  assertEquals((await scan(path, next.position)).found, []);
});

Deno.test("scanLines() begins anew in a file that is another one", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/a`;
  await Deno.writeTextFile(path, "x1\nx2\n");
  const { position } = await scan(path);
  for (const text of ["x3\n", "", "x4\nx5\n", "x2\nx1\nx3\n"]) {
    await Deno.writeTextFile(path, text);
    assertEquals((await scan(path, position)).found, text.split("\n").filter((line) => line !== ""));
  }
});

Deno.test("scanLines() reads lines of any length up to 64 MiB, and goes on behind longer ones", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/a`;
  const long = `${"é".repeat(3 << 20)}x`;
  await Deno.writeTextFile(path, `x1\n${long}\nx2\n`);
  assertEquals((await scan(path)).found, ["x1", long, "x2"]);
  await Deno.writeTextFile(path, `x1\nx${"y".repeat(65 << 20)}\nx2\n${"y".repeat(65 << 20)}`);
  const { found, position } = await scan(path);
  assertEquals([found, position.offset], [["x1", "x2"], 3 + (65 << 20) + 2 + 3]);
  await Deno.writeTextFile(path, "\nx3\n", { append: true });
  assertEquals((await scan(path, position)).found, ["x3"]);
});

Deno.test("scanLines() reads regular files alone", async () => {
  await using dir = await tempDir();
  await assertRejects(() => scan(dir.path), NotRegularError);
  await assertRejects(() => scan(`${dir.path}/none`), Deno.errors.NotFound);
});
