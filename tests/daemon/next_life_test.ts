import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import { terminalCommand } from "../../lib/client/terminal_command.ts";
import { stopTelling } from "../../lib/cli/stop_telling.ts";
import { claustrum, type CommandResult } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { type TestHome, testHome } from "../helpers/home.ts";
import { LineClient } from "../helpers/line_client.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

const NEXT = ["-contract", "next"];

function serveNext(home: TestHome, ...flags: string[]): Promise<CommandResult> {
  return claustrum(home.path, ["-serve", "-socket", home.socket, "-token-fd", "0", ...NEXT, ...flags], { stdin: "t" });
}

function stopNext(home: TestHome): Promise<CommandResult> {
  return claustrum(home.path, ["-stop", "-socket", home.socket, ...NEXT]);
}

async function sleeper(home: TestHome): Promise<number> {
  using client = await LineClient.connect(home.socket, "t");
  const spawn = { id: "p", command: "sleep", args: ["1000"], wantPid: true };
  return Number((await client.call("process.spawn", spawn)).result?.["pid"]);
}

/** Starts a program in a terminal that goes on when its input ends, and returns the id of the terminal's process. */
async function sleeperInTerminal(home: TestHome): Promise<number> {
  using client = await LineClient.connect(home.socket, "t");
  const inTerminal = terminalCommand(["sleep", "1000"], { columns: 80, rows: 24 });
  return Number((await client.call("process.spawn", { id: "t", ...inTerminal, wantPid: true })).result?.["pid"]);
}

const recordOf = (home: TestHome, pid: number) => `${home.run}/children/${pid}.json`;

Deno.test("next: the daemon ends a terminal that a killed one has left behind", async () => {
  await using home = await testHome();
  await serveNext(home);
  const child = await sleeperInTerminal(home);
  await waitFor("the record", () => isThere(recordOf(home, child)));
  // Its shell becomes the program that gives terminals.
  await waitFor("the terminal", async () => (await Deno.readTextFile(`/proc/${child}/comm`)) === "script\n");
  const { pid } = JSON.parse(await Deno.readTextFile(`${home.run}/daemon.lock`));
  Deno.kill(pid, "SIGKILL");
  await waitFor("the end of the daemon", () => !isAlive(pid));
  assert(isAlive(child));
  await serveNext(home);
  assertEquals([isAlive(child), await isThere(recordOf(home, child))], [false, false]);
  await stopNext(home);
});

Deno.test("next: the daemon names its instance, and ends the processes that a killed one has left behind", async () => {
  await using home = await testHome();
  const { stdout, stderr, code } = await serveNext(home);
  const { pid, instanceId } = JSON.parse(await Deno.readTextFile(`${home.run}/daemon.lock`));
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, `Claustrum remote server listening on ${home.socket} (pid ${pid}, instance ${instanceId})\n`);
  assertMatch(instanceId, /^[0-9a-f]{32}$/);
  assertStringIncludes(await home.log(), stdout);
  const child = await sleeper(home);
  await waitFor("the record", () => isThere(recordOf(home, child)));
  Deno.kill(pid, "SIGKILL");
  await waitFor("the end of the daemon", () => !isAlive(pid));
  assert(isAlive(child));
  assertEquals((await serveNext(home)).code, 0);
  assertEquals([isAlive(child), await isThere(recordOf(home, child))], [false, false]);
  await sleeper(home);
  assertEquals((await stopNext(home)).stdout, "stopped\n");
  await waitFor("its last words", async () => (await home.log()).includes("[Server] cleanup: "));
  const log = await home.log();
  assertStringIncludes(log, "[ServerHandler] server.shutdown received over RPC\n");
  assertStringIncludes(log, "[Server] shutdown requested\n");
  assertMatch(log, /\[Server\] cleanup: closed \d connection\(s\), killed 1 child process group\(s\)\n/);
});

Deno.test("next: a daemon that keeps its processes takes their records away, so that the next one spares them", async () => {
  await using home = await testHome();
  await serveNext(home, "-keep-children");
  const child = await sleeper(home);
  try {
    await waitFor("the record", () => isThere(recordOf(home, child)));
    assertEquals((await stopNext(home)).stdout, "stopped\n");
    assertEquals([isAlive(child), await isThere(recordOf(home, child))], [true, false]);
    await serveNext(home);
    assert(isAlive(child));
  } finally {
    Deno.kill(child, "SIGKILL");
  }
});

Deno.test("next: a hand-over takes the records away, and the next daemon spares the processes", async () => {
  await using home = await testHome();
  await serveNext(home);
  const child = await sleeper(home);
  await waitFor("the record", () => isThere(recordOf(home, child)));
  assertEquals((await serveNext(home, "-handover")).code, 0);
  assertEquals([isAlive(child), await isThere(recordOf(home, child))], [true, false]);
  using client = await LineClient.connect(home.socket, "t");
  assertEquals((await client.call("process.reattach", { id: "p" })).result?.["running"], true);
  using other = await LineClient.connect(home.socket, "t");
  assertEquals((await other.call("process.reattach", { id: "p" })).result?.["running"], true);
  assertEquals(await client.line(), undefined);
  // The process of the retired daemon lives on when its id is reused.
  await other.call("process.spawn", { id: "p", command: "true" });
  assert(isAlive(child));
  Deno.kill(child, "SIGKILL");
  assertEquals((await other.until(({ signal }) => signal !== undefined)).at(-1)?.signal, "SIGKILL");
});

Deno.test("next: -stop says that there was no daemon, and always succeeds", async () => {
  await using home = await testHome();
  const { code, stdout, stderr } = await stopNext(home);
  assertEquals([code, stdout, stderr], [0, "none\n", ""]);
});

Deno.test("next: -stop ends a daemon that does not answer by a signal, and tells which", async () => {
  const waitMs = { SIGTERM: 200, SIGKILL: 20_000 };
  for (const [signal, word] of [["SIGSTOP", "killed"], [undefined, "terminated"]] as const) {
    await using daemon = await startDaemon({ flags: ["--contract", "seed"] });
    if (signal !== undefined) Deno.kill(daemon.pid, signal);
    // A daemon of the first generation refuses a wrong token.
    const ms = signal === undefined ? { ...waitMs, SIGTERM: 20_000 } : waitMs;
    assertEquals(await stopTelling({ socket: daemon.socket, token: "wrong", waitMs: ms }), word);
    await waitFor("its end", () => !isAlive(daemon.pid));
  }
});

Deno.test("seed: the daemon names no instance, marks no process and keeps no records", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.send("process.spawn", { id: "p", command: "env" });
  const messages = await client.until(({ stream }) => stream === "exit");
  const text = messages.filter(({ stream }) => stream === "stdout").map(({ data = "" }) => atob(data)).join("");
  assert(!/CLAUDE_SSH_(RUN_DIR|CHILD)=/.test(text), text);
  assertEquals(await isThere(`${daemon.directory}/children`), false);
});
