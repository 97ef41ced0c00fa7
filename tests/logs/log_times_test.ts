import { assertEquals } from "@std/assert";
import { formatEntry, lengthOf, parseEntry, type TimesEntry } from "../../lib/logs/log_times.ts";

const ENTRIES: readonly TimesEntry[] = [
  { kind: "run", run: "r-1", seq: 7, time: 1_700_000_000_000, offset: 42 },
  { kind: "stdout", delta: 0, length: 32_768 },
  { kind: "stderr", delta: -5, length: 1 },
  { kind: "start", delta: 3, pid: 12 },
  { kind: "exit", delta: 3, code: -1, signal: "SIGKILL" },
  { kind: "exit", delta: 0, code: 3, signal: "-" },
  { kind: "missing", delta: 9, length: 100, frames: 2 },
  { kind: "unknown", length: 5 },
];

Deno.test("parseEntry() returns what formatEntry() was given", () => {
  assertEquals(ENTRIES.map((entry) => parseEntry(formatEntry(entry).slice(0, -1))), [...ENTRIES]);
  assertEquals(ENTRIES.map(lengthOf), [0, 32_768, 1, 0, 0, 0, 0, 5]);
});

Deno.test("parseEntry() returns nothing for a line that is cut off or is no entry", () => {
  const lines = ["", "o", "o 1", "o 1 ", "o 1 x", "o 1 2 3", "r a 1 2", "x 1 2", "m 1 2", "u", "z 1 2", "o 1.5 2"];
  assertEquals(lines.map(parseEntry), lines.map(() => undefined));
});
