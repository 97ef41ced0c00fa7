import { assertEquals } from "@std/assert";
import { parseGolden } from "./golden_file.ts";
import { GOLDEN_DIR, goldenFiles, runCase, startGoldenDaemon } from "./golden_runner.ts";

for (const { name, contract } of goldenFiles()) {
  Deno.test(`golden: ${name}, contract ${contract}`, async (t) => {
    const cases = parseGolden(await Deno.readTextFile(new URL(name, GOLDEN_DIR)));
    await using daemon = await startGoldenDaemon(contract);
    for (const golden of cases) {
      await t.step(golden.name, async () => {
        assertEquals((await runCase(golden, daemon)).join("\n"), golden.expected.join("\n"));
      });
    }
  });
}
