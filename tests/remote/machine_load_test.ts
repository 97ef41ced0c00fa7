import { assertEquals } from "@std/assert";
import { loadBetween, LoadMeter, parseDarwinLoad, parseLinuxLoad } from "../../lib/remote/machine_load.ts";
import { daemonLine } from "../../lib/hub/open_daemon_line.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { startDaemon } from "../helpers/daemon.ts";

const LINUX = (busy: number, idle: number) =>
  `/proc/stat:cpu  ${busy} 0 0 ${idle} 0 0 0 0 0 0
/proc/stat:cpu0 1 0 0 1 0 0 0 0 0 0
/proc/stat:cpu1 1 0 0 1 0 0 0 0 0 0
/proc/meminfo:MemTotal:        4000000 kB
/proc/meminfo:MemFree:          100000 kB
/proc/meminfo:MemAvailable:    1000000 kB
/proc/loadavg:0.50 1.25 2.00 1/100 12345
`;

const DARWIN = `8
{ 2.00 1.50 1.00 }
17179869184
Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               100000.
Pages active:                             400000.
Pages inactive:                           200000.
Pages speculative:                         10000.
Pages purgeable:                            5000.
`;

Deno.test("parseLinuxLoad() reads processors, averages and memory", () => {
  assertEquals(parseLinuxLoad(LINUX(250, 750)), {
    cpus: 2,
    average: [0.5, 1.25, 2],
    memoryBytes: 4_000_000 * 1024,
    usedBytes: 3_000_000 * 1024,
    time: { busy: 250, all: 1_000 },
  });
  assertEquals(parseLinuxLoad(""), undefined);
});

Deno.test("parseDarwinLoad() reads processors, averages and memory", () => {
  assertEquals(parseDarwinLoad(DARWIN), {
    cpus: 8,
    average: [2, 1.5, 1],
    memoryBytes: 17_179_869_184,
    usedBytes: 17_179_869_184 - 315_000 * 16_384,
  });
  assertEquals(parseDarwinLoad("nonsense"), undefined);
});

Deno.test("loadBetween() tells what was used in between, or else the average", () => {
  const [before, now] = [parseLinuxLoad(LINUX(250, 750))!, parseLinuxLoad(LINUX(300, 800))!];
  assertEquals(loadBetween(before, now).cpu_percent, 50);
  assertEquals(loadBetween(undefined, now).cpu_percent, 25);
  assertEquals(loadBetween(now, now).cpu_percent, 0);
});

Deno.test("a meter tells the load of this machine, and the same to all who ask at once", async () => {
  await using daemon = await startDaemon();
  await using line = daemonLine(daemon.socket, systemClock, () => {}, (error) => {
    throw error;
  });
  const meter = new LoadMeter(line, systemClock);
  const [one, other] = await Promise.all([meter.read(), meter.read()]);
  assertEquals(one, other);
  assertEquals([one.cpus > 0, one.memory_bytes > one.memory_used_bytes, one.cpu_percent <= 100], [true, true, true]);
});
