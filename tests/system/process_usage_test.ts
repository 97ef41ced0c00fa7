import { assert, assertEquals } from "@std/assert";
import { readUsage } from "../../lib/system/process_usage.ts";
import { sumOfGroups } from "../../lib/system/process_usage_darwin.ts";

Deno.test("readUsage() sums up what a session uses, and leaves out what does not run", async () => {
  const child = new Deno.Command("sh", {
    args: ["-c", "sleep 1000 & echo; wait"],
    detached: true,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  try {
    await reader.read();
    const usage = await readUsage(new Set([child.pid, 2 ** 22 + 1]));
    assertEquals([...usage!.keys()], [child.pid]);
    assert(usage!.get(child.pid)!.memoryBytes > 1_000_000);
  } finally {
    Deno.kill(-child.pid, "SIGKILL");
    await child.status;
    await reader.cancel();
  }
});

Deno.test("sumOfGroups() reads what ps prints on macOS", () => {
  const lines = "  10  1024   0:01.50\n   11   500   9:99.99\n  10   512  1:02:03.00\n\n";
  assertEquals(
    sumOfGroups(lines, new Set([10, 12])),
    new Map([[10, { cpuMs: 1_500 + 3_723_000, memoryBytes: 1_536 * 1024 }]]),
  );
});
