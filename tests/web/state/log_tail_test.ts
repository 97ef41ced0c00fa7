import { assert, assertEquals } from "@std/assert";
import { appended, EMPTY_TAIL, type LogTail, prepended, startOf, tailOf } from "../../../lib/web/state/log_tail.ts";

/** Returns lines of a log that begin somewhere. */
function log(offset: number, text: string) {
  return { offset, text, end: offset + text.length };
}

function textOf({ pieces }: LogTail): string {
  return pieces.map(({ text }) => text).join("");
}

Deno.test("appended() adds lines that follow", () => {
  const tail = appended(tailOf(log(100, "one\n")), log(104, "two\n"));
  assertEquals([tail && textOf(tail), tail?.end], ["one\ntwo\n", 108]);
});

Deno.test("appended() takes lines only once", () => {
  const tail = tailOf(log(100, "one\n"));
  assertEquals(appended(tail, log(100, "one\n")), tail);
});

Deno.test("appended() tells that lines are missing", () => {
  assertEquals(appended(tailOf(log(100, "one\n")), log(110, "three\n")), undefined);
});

Deno.test("appended() begins a log that was empty", () => {
  assertEquals(appended(EMPTY_TAIL, log(0, "one\n"))?.pieces, [{ offset: 0, text: "one\n" }]);
});

Deno.test("appended() lets go of the oldest lines of a long log, and not of the newest", () => {
  let tail = EMPTY_TAIL;
  for (let i = 0; i < 200; i++) tail = appended(tail, log(tail.end, `${"x".repeat(9_999)}\n`))!;
  const size = textOf(tail).length;
  assert(size <= 400_000, `${size} characters`);
  assertEquals([tail.end, startOf(tail) + size], [2_000_000, 2_000_000]);
});

Deno.test("prepended() adds lines that come right before, and no others", () => {
  const tail = tailOf(log(100, "two\n"));
  assertEquals(textOf(prepended(tail, log(96, "one\n"))), "one\ntwo\n");
  assertEquals(prepended(tail, log(90, "one\n")), tail);
});
