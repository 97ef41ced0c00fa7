import { assertEquals } from "@std/assert";
import { ReplaySupervisor } from "../../lib/process/supervisor.ts";
import { acquireLock } from "../../lib/daemon/lock.ts";
import { daemonPaths } from "../../lib/system/paths.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";

const HOUR = 3_600_000;

Deno.test("a clock that is set forward or back changes nothing for how long exited processes are kept", async () => {
  const clock = fakeClock();
  await using supervisor = new ReplaySupervisor({ clock });
  await supervisor.spawn({ id: "p", command: "true" }).exited;
  for (const jump of [24 * HOUR, -48 * HOUR]) {
    clock.jump(jump);
    supervisor.sweep();
    assertEquals(supervisor.get("p")?.isRunning, false, `after ${jump / HOUR} hours`);
  }
  clock.advance(HOUR / 4 + 60_000);
  assertEquals(supervisor.get("p"), undefined);
});

Deno.test("a clock that is set forward gets no daemon killed before its time", async () => {
  await using directory = await tempDir();
  const paths = daemonPaths(`${directory.path}/rpc.sock`);
  const clock = fakeClock();
  const kill = (_pid: number, signal: string) => void signals.push(signal);
  const signals: string[] = [];
  // Somebody holds the lock for as long as we like.
  const holder = new Deno.Command("flock", { args: [paths.lock, "cat"], stdin: "piped", stdout: "piped" }).spawn();
  const writer = holder.stdin.getWriter();
  await writer.write(new TextEncoder().encode("x"));
  const reader = holder.stdout.getReader();
  await reader.read();
  const record = { pid: holder.pid, role: "serve", instanceId: "i", startedAt: "", socket: paths.socket };
  await Deno.writeTextFile(paths.lock, JSON.stringify(record));
  const acquired = acquireLock(paths, { takesOver: true, clock, kill });
  const tick = async (count: number) => {
    for (let i = 0; i < count; i++) {
      clock.advance(5);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  while (signals.length === 0) await tick(1);
  assertEquals(signals, ["SIGTERM"]);
  clock.jump(HOUR);
  await tick(20);
  assertEquals(signals, ["SIGTERM"], "it still has its ten seconds");
  await writer.close();
  await reader.read();
  reader.releaseLock();
  await holder.stdout.cancel();
  await holder.status;
  let isTaken = false;
  const lock = acquired.then((lock) => {
    isTaken = true;
    return lock;
  });
  while (!isTaken) await tick(1);
  (await lock)[Symbol.dispose]();
});
