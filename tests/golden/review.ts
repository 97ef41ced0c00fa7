/**
 * Shows where the daemon's replies differ from the golden files; with `--accept` writes them down.
 * `deno task golden [--accept]`
 *
 * @module
 */

import { parseGolden, replaceExpected } from "./golden_file.ts";
import { GOLDEN_DIR, goldenFiles, runCase, startGoldenDaemon } from "./golden_runner.ts";

const isAccepting = Deno.args.includes("--accept");
let differences = 0;
for (const { name: file, contract } of goldenFiles()) {
  const url = new URL(file, GOLDEN_DIR);
  let text = await Deno.readTextFile(url);
  await using daemon = await startGoldenDaemon(contract);
  for (const golden of parseGolden(text)) {
    const actual = await runCase(golden, daemon);
    if (actual.join("\n") === golden.expected.join("\n")) continue;
    differences++;
    console.log(`\n${file}, contract ${contract}: ${golden.name}`);
    for (const line of golden.source) console.log(`    ${line}`);
    for (const line of golden.expected) if (!actual.includes(line)) console.log(`  - ${line}`);
    for (const line of actual) if (!golden.expected.includes(line)) console.log(`  + ${line}`);
    if (isAccepting) text = replaceExpected(text, golden.name, actual);
  }
  if (isAccepting) await Deno.writeTextFile(url, text);
}
console.log(`${differences} differ${isAccepting ? ", accepted" : ""}`);
Deno.exit(differences > 0 && !isAccepting ? 1 : 0);
