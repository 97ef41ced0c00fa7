import { assertEquals, assertStringIncludes } from "@std/assert";
import { splitLauncher } from "../../lib/launcher/split_launcher.ts";

const NOTHING = "the value is set but contains no launcher";

for (
  const [value, words] of [
    ["/opt/run", ["/opt/run"]],
    ["  /opt/run\t-a \n b ", ["/opt/run", "-a", "b"]],
    ['"/opt/my run" -x', ["/opt/my run", "-x"]],
    ['/opt/run "a\\"b" "c\\\\d" "e\\f"', ["/opt/run", 'a"b', "c\\d", "e\\f"]],
    ['/opt/run a"b c"d', ["/opt/run", "ab cd"]],
    ['/opt/run "a;b|c&d$e(f)g`h<i>j"', ["/opt/run", "a;b|c&d$e(f)g`h<i>j"]],
    ["/opt/run a\\b 'c'", ["/opt/run", "a\\b", "'c'"]],
    ['["/opt/run", "a b", ";"]', ["/opt/run", "a b", ";"]],
    [' [ "/opt/run" ] ', ["/opt/run"]],
  ] as const
) {
  Deno.test(`splitLauncher() splits ${JSON.stringify(value)}`, () => {
    assertEquals(splitLauncher(value), { kind: "words", words });
  });
}

for (
  const [value, reason] of [
    ["", NOTHING],
    [" \t\n", NOTHING],
    ['""', NOTHING],
    ['"" /opt/run', NOTHING],
    ["[]", NOTHING],
    ['[""]', NOTHING],
    ['["/opt/run", ""]', "the JSON array contains an empty element"],
    ['["/opt/run", "", 3]', "the JSON array contains an empty element"],
    ['/opt/run ""', 'the value contains an empty `""` token'],
    ['/opt/run "" ;', 'the value contains an empty `""` token'],
    ["[1]", "JSON form must be an array of strings"],
    ['["/opt/run", null]', "JSON form must be an array of strings"],
    ["[/opt/run]", "value starts with `[` but is not valid JSON"],
    ['["/opt/run"] x', "value starts with `[` but is not valid JSON"],
    ["[".repeat(100_000), "value starts with `[` but is not valid JSON"],
    ["/opt/run ; ls", "the value contains an unquoted shell metacharacter (one of ; | & $ ( ) ` < >)"],
    ["/opt/run $HOME", "the value contains an unquoted shell metacharacter"],
    ['/opt/run > "x', "the value contains an unquoted shell metacharacter"],
    ['"/opt/run', "unterminated double quote"],
    ['"', "unterminated double quote"],
    ['/opt/run "a\\"', "unterminated double quote"],
  ] as const
) {
  Deno.test(`splitLauncher() refuses ${JSON.stringify(value).slice(0, 40)}`, () => {
    const split = splitLauncher(value);
    assertEquals(split.kind, "refused");
    assertStringIncludes(split.kind === "refused" ? split.reason : "", reason);
  });
}
