import { assert, assertEquals } from "@std/assert";
import { addProc, metricsOf, parsePs } from "../../lib/remote/process_usage.ts";
import type { RemoteNotice } from "../../lib/remote/types.ts";
import { remoteWorld } from "../helpers/remote.ts";
import { waitFor } from "../helpers/wait.ts";

Deno.test("parsePs() reads times of all forms", () => {
  const usage = parsePs("  1 0 100 00:00:01\n 20 1 200 1-02:03:04\n 30 1 300 3:04.50\n junk\n");
  assertEquals(
    [...usage].map(([pid, { parent, residentBytes, cpuSeconds }]) => [pid, parent, residentBytes, cpuSeconds]),
    [
      [1, 0, 102_400, 1],
      [20, 1, 204_800, 93_784],
      [30, 1, 307_200, 184.5],
    ],
  );
});

Deno.test("metricsOf() sums up what all processes below one have used since", () => {
  const ps = "10 1 100 00:00:00\n11 10 50 00:00:00\n99 1 7 00:00:00\n";
  const stat = (pid: number, ticks: number) =>
    `/proc/${pid}/stat:${pid} (a) b) S 1 2 3 4 5 6 7 8 9 10 ${ticks} ${ticks} 0\n`;
  const io = (pid: number, read: number) => `/proc/${pid}/io:rchar: 5\n/proc/${pid}/io:read_bytes: ${read}\n`;
  const before = parsePs(ps);
  addProc(before, stat(10, 100) + io(10, 1_000));
  const after = parsePs(`${ps}12 11 1 00:00:00\n`);
  addProc(after, stat(10, 200) + io(10, 5_000) + stat(12, 50));
  const roots = [{ kind: "instance", id: "i", pid: 10 }, { kind: "session", id: "gone", pid: 5 }] as const;
  assertEquals(metricsOf(roots, { at: 0, usage: before }, { at: 4_000, usage: after }), [{
    ...{ kind: "instance", id: "i", processes: 3, cpu_percent: 75, resident_bytes: 151 * 1024 },
    ...{ read_bytes_per_second: 1_000, written_bytes_per_second: 0 },
  }]);
});

Deno.test("metrics() tells what instances use, with all processes below them", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const { id } = await opened.remote.start({ project: "web", name: "child" });
  await opened.whenStatus(id, "running");
  const [sample, ...others] = await opened.remote.metrics();
  assertEquals(others, []);
  const [item] = sample?.items ?? [];
  assertEquals([sample?.items.length, item?.kind, item?.id, item?.processes], [1, "instance", id, 2]);
  assert((item?.resident_bytes ?? 0) > 10e6);
  assertEquals((await opened.remote.metrics()).length, 1);
  await opened.remote.stop(id);
});

Deno.test("metrics are told while somebody watches them", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const told: RemoteNotice[] = [];
  using _watching = opened.topics.watch(["metrics"], (notice) => void told.push(notice));
  await waitFor("two samples", () => told.length >= 2);
  assertEquals((await opened.remote.metrics()).length, told.length);
});
