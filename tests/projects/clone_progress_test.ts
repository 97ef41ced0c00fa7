import { assertEquals } from "@std/assert";
import { CloneProgress } from "../../lib/projects/clone_progress.ts";

const SAID = "Cloning into '/p/.a.clone'...\nremote: Enumerating objects: 8, done.        \n" +
  "remote: Counting objects:  50% (4/8)        \rremote: Counting objects: 100% (8/8), done.        \n" +
  "Receiving objects:  12% (1/8), 1.2 MiB | 3 MiB/s\rReceiving objects: 100% (8/8), done.\nResolving deltas:  25% (1/4)\r";

Deno.test("CloneProgress tells each step of git, however its output is split", () => {
  for (const size of [1, 7, 1_000]) {
    const progress = new CloneProgress();
    const steps = new Set<string>();
    const bytes = new TextEncoder().encode(SAID);
    for (let at = 0; at < bytes.length; at += size) {
      const hasChanged = progress.push(bytes.subarray(at, at + size));
      if (hasChanged) steps.add(`${progress.step?.phase} ${progress.step?.percent}`);
    }
    assertEquals([...steps].at(-1), "Resolving deltas 25");
    if (size > 7) continue;
    assertEquals([...steps], [
      "Enumerating objects undefined",
      "Counting objects 50",
      "Counting objects 100",
      "Receiving objects 12",
      "Receiving objects 100",
      "Resolving deltas 25",
    ]);
  }
});

Deno.test("CloneProgress.explain() gives what git said of a failure, without control characters", () => {
  const progress = new CloneProgress();
  const said = SAID + "\nwarning: hm\nremote: \x1b[31mNot\x9b31m found\x07\nfatal: repository 'x' not found\n";
  progress.push(new TextEncoder().encode(said));
  assertEquals(progress.explain(), "remote:  [31mNot 31m found; fatal: repository 'x' not found");
});

Deno.test("CloneProgress keeps little of what a server says without end", () => {
  const progress = new CloneProgress();
  const piece = new TextEncoder().encode("x".repeat(100_000));
  for (let i = 0; i < 100; i++) progress.push(piece);
  for (let i = 0; i < 100; i++) progress.push(new TextEncoder().encode(`fatal: ${i} ${"y".repeat(100)}\n`));
  assertEquals(progress.explain().length, 1_000);
});
