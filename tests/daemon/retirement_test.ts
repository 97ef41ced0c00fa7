import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createLogger } from "../../lib/system/log.ts";
import { serve } from "../../lib/daemon/serve.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { isExitOf, LineClient } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

const MINUTE = 60_000;

async function daemonWithClock() {
  const directory = await tempDir();
  const socket = `${directory.path}/rpc.sock`;
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLogger({ level: "debug", write: (line) => void lines.push(line) });
  const daemon = await serve({ socket, token: "t", useLoginPath: false, clock, log });
  let isFinished = false;
  void daemon.finished.then(() => isFinished = true);
  return {
    socket,
    clock,
    daemon,
    lines,
    /** Whether the daemon has ended, once all pending work is done. */
    async hasEnded() {
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 0));
      return isFinished;
    },
    async [Symbol.asyncDispose]() {
      await daemon.shutdown();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("the daemon stops after ten idle minutes when its socket is removed", async () => {
  await using at = await daemonWithClock();
  await Deno.remove(at.socket);
  at.clock.advance(10 * MINUTE);
  assertEquals(await at.hasEnded(), false);
  at.clock.advance(MINUTE);
  await soon("its end", at.daemon.finished);
});

Deno.test("the daemon stops and leaves the other socket alone when its own socket is replaced", async () => {
  await using at = await daemonWithClock();
  await Deno.remove(at.socket);
  using other = Deno.listen({ transport: "unix", path: at.socket });
  at.clock.advance(11 * MINUTE);
  await soon("its end", at.daemon.finished);
  assert((await Deno.lstat(at.socket)).isSocket);
  other.unref();
});

Deno.test("the daemon does not stop by itself when its socket is reachable", async () => {
  await using at = await daemonWithClock();
  at.clock.advance(24 * 60 * MINUTE);
  assertEquals(await at.hasEnded(), false);
});

Deno.test("the daemon waits for its clients and processes and ten more minutes when its socket is removed", async () => {
  await using at = await daemonWithClock();
  {
    using client = await LineClient.connect(at.socket, "t");
    await client.call("process.spawn", { id: "p", command: "cat" });
    await Deno.remove(at.socket);
    at.clock.advance(60 * MINUTE);
    assertEquals((await client.call("server.ping")).result, { pong: true });
    await client.send("process.kill", { id: "p", signal: "KILL" });
    await client.until(isExitOf("p"));
    at.clock.advance(60 * MINUTE);
    assertEquals((await client.call("server.ping")).result, { pong: true });
  }
  await waitFor("the connection to be closed", () => at.lines.some((line) => line.includes("Connection closed")));
  at.clock.advance(10 * MINUTE);
  assertEquals(await at.hasEnded(), false);
  at.clock.advance(MINUTE);
  await soon("its end", at.daemon.finished);
});

Deno.test("the daemon does not stop when its socket is restored in time", async () => {
  await using at = await daemonWithClock();
  await Deno.rename(at.socket, `${at.socket}.away`);
  at.clock.advance(9 * MINUTE);
  await Deno.rename(`${at.socket}.away`, at.socket);
  at.clock.advance(MINUTE);
  await Deno.rename(at.socket, `${at.socket}.away`);
  at.clock.advance(10 * MINUTE);
  assertEquals(await at.hasEnded(), false);
});

Deno.test("the daemon forgets processes after a quarter of an hour when they have exited, and never while they run", async () => {
  await using at = await daemonWithClock();
  using client = await LineClient.connect(at.socket, "t");
  await client.call("process.spawn", { id: "short", command: "true" });
  await client.until(isExitOf("short"));
  await client.call("process.spawn", { id: "long", command: "sleep", args: ["1000"] });
  const found = async (id: string) => (await client.call("process.reattach", { id })).result!.found;
  at.clock.advance(14 * MINUTE);
  assertEquals(await found("short"), true);
  at.clock.advance(2 * MINUTE);
  assertEquals([await found("short"), await found("long")], [false, true]);
  assert(at.lines.some((line) => line.includes("Pruned exited process short")));
});

Deno.test("the daemon leaves its processes alive without their stdio when it stops with -keep-children", async () => {
  await using daemon = await startDaemon({ flags: ["--keep-children"] });
  using client = await daemon.connect();
  const args = ["-c", "trap '' PIPE; while sleep 0.01; do echo tick 2>/dev/null || break; done; exec sleep 1000"];
  const { result } = await client.call("process.spawn", { id: "p", command: "sh", args, wantPid: true });
  const pid = Number(result!.pid);
  await client.until((message) => message.stream === "stdout");
  try {
    assertEquals(await daemon.stop(), 0);
    assertStringIncludes(
      daemon.log(),
      "INFO  [Server] -keep-children: leaving 1 running child process(es) alive across shutdown\n",
    );
    await waitFor(
      "it to notice that nobody listens",
      async () => (await Deno.readTextFile(`/proc/${pid}/cmdline`)).startsWith("sleep\u00001000"),
    );
    assertEquals(isAlive(pid), true);
  } finally {
    Deno.kill(pid, "SIGKILL");
  }
});

Deno.test("the daemon logs nothing about -keep-children when no process runs", async () => {
  await using daemon = await startDaemon({ flags: ["--keep-children"] });
  await daemon.stop();
  assert(!daemon.log().includes("keep-children"), daemon.log());
});
