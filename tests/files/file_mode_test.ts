import { assertEquals } from "@std/assert";
import { formatMode } from "../../lib/files/file_mode.ts";

const TYPES = { "-": 0o100000, "d": 0o040000, "L": 0o120000, "D": 0o060000, "p": 0o010000, "S": 0o140000 };

Deno.test("formatMode() writes the letters in the contract's order", () => {
  assertEquals(formatMode(0o100644), "-rw-r--r--");
  assertEquals(formatMode(0o041777), "dtrwxrwxrwx");
  assertEquals(formatMode(0o020666), "Dcrw-rw-rw-");
  assertEquals(formatMode(0o027666), "Dugctrw-rw-rw-");
  assertEquals(formatMode(0o060660), "Drw-rw----");
  assertEquals(formatMode(0o106755), "ugrwxr-xr-x");
  assertEquals(formatMode(0o101000), "t---------");
});

Deno.test("formatMode() agrees with Python's stat module for all modes of all types", async () => {
  const script = `import stat
for kind in (0o100000,0o040000,0o120000,0o060000,0o010000,0o140000):
  for mode in range(0o10000): print(stat.filemode(kind|mode))`;
  const { stdout } = await new Deno.Command("python3", { args: ["-c", script], stdin: "null" }).output();
  const theirs = new TextDecoder().decode(stdout).trim().split("\n").values();
  for (const [letter, type] of Object.entries(TYPES)) {
    for (let mode = 0; mode < 0o10000; mode++) {
      const permissions = theirs.next().value!.slice(1).replace(/[st]/g, "x").replace(/[ST]/g, "-");
      const special = (mode & 0o4000 ? "u" : "") + (mode & 0o2000 ? "g" : "") + (mode & 0o1000 ? "t" : "");
      const expected = ((letter === "-" ? "" : letter) + special || "-") + permissions;
      assertEquals(formatMode(type | mode), expected);
    }
  }
});
