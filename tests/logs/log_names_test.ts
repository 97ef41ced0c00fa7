import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { allFiles, nameForId } from "../../lib/logs/log_names.ts";

const HOSTILE = [
  "..",
  ".",
  "",
  "a/b",
  "../../etc/passwd",
  "a\0b",
  "a\nb",
  "~root",
  "é",
  "a b",
  "-rf",
  "\ud800",
  "a%2Fb",
];

Deno.test("nameForId() returns a name of harmless characters for any id", async () => {
  for (const id of HOSTILE) {
    const name = await nameForId(id);
    assert(/^[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*$/.test(name), `${JSON.stringify(id)}: ${name}`);
  }
  assertEquals(await nameForId("web-1.2_x"), "web-1.2_x");
  assertEquals(await nameForId("session/a"), "session%2Fa");
});

Deno.test("nameForId() returns different names for different ids, also when they are long", async () => {
  const long = "x".repeat(1000);
  const ids = [...HOSTILE, long, `${long}y`, `${"é".repeat(500)}1`, `${"é".repeat(500)}2`];
  const names = await Promise.all(ids.map(nameForId));
  assertEquals(new Set(names).size, ids.length);
  assert(names.every((name) => name.length <= 180));
  assertNotEquals(await nameForId("a/b"), await nameForId("a%2Fb"));
});

Deno.test("allFiles() returns the files of a log and their times, the oldest first", () => {
  assertEquals(allFiles("/l/a.log").slice(-4), ["/l/a.log.1", "/l/a.log.1.times", "/l/a.log", "/l/a.log.times"]);
  assertEquals(allFiles("/l/a.log").length, 10);
});
