import { assertEquals } from "@std/assert";
import { tempDir } from "../helpers/temp.ts";
import { exitCodeOf, formatTable, type Row, runRow } from "../bench/harness.ts";

const COMPILE = new URL("../../.ci/compile.ts", import.meta.url).pathname;

Deno.test("task compile fails without a base binary", async () => {
  await using directory = await tempDir();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", COMPILE],
    env: { DENORT_BIN: `${directory.path}/none` },
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stderr);
  assertEquals([code, said.includes("was not made: its base binary")], [1, true], said);
});

Deno.test("task bench fails if a row is missed or none is measured, unless it is to keep going", () => {
  const [met, missed] = [{ isMet: true }, { isMet: false }];
  assertEquals([exitCodeOf([met], false), exitCodeOf([met, missed], false), exitCodeOf([], false)], [0, 1, 1]);
  assertEquals(exitCodeOf([missed], true), 0);
});

Deno.test("task bench writes a table in which a row that is missed is named", async () => {
  const measure = () => Promise.resolve(2);
  const rows: Row[] = [
    { name: "slow", unit: "ms", limit: { kind: "atMost", value: 1, of: "value" }, measure },
    {
      name: "fast",
      unit: "/s",
      limit: { kind: "atLeast", value: 1.5, of: "ratio" },
      measure,
      yardstick: { name: "another", measure: () => Promise.resolve(1) },
    },
  ];
  const [, , ...lines] = formatTable(await Promise.all(rows.map((row) => runRow(row, 1)))).split("\n");
  assertEquals(lines, [
    "| slow | 2.00 ms |  |  | ≤ 1 ms | missed |",
    "| fast | 2.00 /s | another: 1.00 /s | 2.00 × | ≥ 1.5 × |  |",
  ]);
});
