import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { environmentLines, parseEnvironmentFile } from "../../lib/cli/environment_file.ts";
import { ClaustrumError } from "../../lib/system/claustrum_error.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("environmentLines() takes values as they are, names alone, and skips comments and empty lines", () => {
  const text = `# a comment
  # another one
A=1

  B = 2 # no comment${" "}
C="quoted"\r
D=x=y
E=
F
G \t
É=ü`.replace("  B = 2", "  B= 2");
  assertEquals(environmentLines(text, "file"), [
    { name: "A", value: "1" },
    { name: "B", value: " 2 # no comment " },
    { name: "C", value: '"quoted"' },
    { name: "D", value: "x=y" },
    { name: "E", value: "" },
    { name: "F" },
    { name: "G" },
    { name: "É", value: "ü" },
  ]);
});

Deno.test("environmentLines() names the line and what to write, and shows no value", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["A=1\n=secret", "app.env, line 2: there is no name before the =: write NAME=VALUE"],
    ["export A=secret", "app.env, line 1: write A=VALUE, without export"],
    [
      "\n\nTOKEN: secret",
      'app.env, line 3: there is white space after "TOKEN:": write NAME=VALUE, without spaces around the =',
    ],
    ["A =secret", 'app.env, line 1: there is white space after "A": write NAME=VALUE, without spaces around the ='],
    ["A=sec\0ret", "app.env, line 1: a variable cannot contain a NUL byte: remove it"],
  ];
  for (const [text, message] of cases) assertThrows(() => environmentLines(text, "app.env"), ClaustrumError, message);
});

Deno.test("parseEnvironmentFile() names a file that it cannot read, and one that is not UTF-8", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/.env`;
  const rejects = (message: string) => assertRejects(() => parseEnvironmentFile(file), ClaustrumError, message);
  await rejects(`cannot read --env-file ${file}: no such file or directory: name a file that you can read`);
  await Deno.writeFile(file, Uint8Array.of(0x41, 0x3d, 0xff));
  await rejects(`${file} is not UTF-8 text: convert it, such as with iconv`);
  // As other programs write it on Windows.
  await Deno.writeTextFile(file, "\uFEFFA=1\r\n");
  assertEquals(await parseEnvironmentFile(file), [{ name: "A", value: "1" }]);
});
