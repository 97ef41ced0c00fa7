import { assertEquals } from "@std/assert";
import { sessionOf } from "../../lib/process/session_of.ts";

const STREAM = ["--output-format", "stream-json"];

const CASES: readonly [string, readonly string[], string | undefined][] = [
  ["a session id", [...STREAM, "--session-id", "a"], "a"],
  ["a resumed session", [...STREAM, "--resume", "a"], "a"],
  ["the formats in one argument", ["--input-format=stream-json", "--resume", "a"], "a"],
  ["an id in one argument", ["--output-format=stream-json", "--session-id=a"], "a"],
  ["the last of two ids", [...STREAM, "--resume", "a", "--resume", "b"], "b"],
  ["a fork under its own id", [...STREAM, "--resume", "a", "--fork-session", "--session-id", "b"], "b"],
  ["a fork", [...STREAM, "--resume", "a", "--fork-session"], undefined],
  ["no stream", ["--resume", "a"], undefined],
  ["another format", ["--output-format", "json", "--resume", "a"], undefined],
  ["a flag without a value", [...STREAM, "--resume"], undefined],
  ["a flag before another one", [...STREAM, "--resume", "--verbose"], undefined],
  ["an empty value", [...STREAM, "--resume", ""], undefined],
  ["no session", STREAM, undefined],
];

for (const [what, args, session] of CASES) {
  Deno.test(`sessionOf() returns ${session ?? "nothing"} for ${what}`, () => assertEquals(sessionOf(args), session));
}
