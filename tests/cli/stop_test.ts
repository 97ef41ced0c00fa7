import { assert, assertEquals, assertMatch } from "@std/assert";
import { createLogger } from "../../lib/system/log.ts";
import { serve } from "../../lib/daemon/serve.ts";
import { askToRetire } from "../../lib/handover/ask_to_retire.ts";
import { claustrum, type CommandResult } from "../helpers/command.ts";
import { CLI, plainEnvironment, startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { homeOfMany, serveAt, upgrade, upgradeWith } from "../helpers/handover.ts";
import { type TestHome, testHome } from "../helpers/home.ts";
import { LineClient } from "../helpers/line_client.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { readIfThere } from "../helpers/read_if_there.ts";
import { tempDir } from "../helpers/temp.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** A script that exits on SIGTERM and records that in a file. */
const polite = (heard: string) => `trap 'echo x >> ${heard}; exit' TERM; echo ready; while :; do sleep 0.02; done`;
/** A script that ignores SIGTERM. */
const DEAF = "trap '' TERM; echo ready; while :; do sleep 0.02; done";

/** A daemon to connect to. */
interface Target {
  readonly socket: string;
  readonly token: string;
}

/** Starts scripts in a daemon, by id, and returns their process ids. */
async function spawnAll({ socket, token }: Target, scripts: Record<string, string>): Promise<Map<string, number>> {
  using client = await LineClient.connect(socket, token);
  const pids = new Map<string, number>();
  for (const [id, script] of Object.entries(scripts)) {
    const sent = await client.send("process.spawn", { id, command: "sh", args: ["-c", script], wantPid: true });
    const messages = await client.until((message) => message.stream === "stdout");
    pids.set(id, Number(messages.find((message) => message.id === sent)!.result!["pid"]));
  }
  return pids;
}

const targetOf = async (home: TestHome): Promise<Target> => ({ socket: home.socket, token: await home.token() });

function stop(home: { path: string; socket: string }, ...flags: string[]): Promise<CommandResult> {
  return claustrum(home.path, ["stop", "--socket", home.socket, ...flags]);
}

Deno.test("stop sends SIGTERM to process groups, then SIGKILL, and reports what it ended and how", async () => {
  await using home = await testHome();
  const pid = await serveAt(home);
  const heard = `${home.path}/heard`;
  const pids = await spawnAll(await targetOf(home), {
    one: polite(heard),
    "a family": `(${polite(heard)}) & wait`,
    deaf: DEAF,
  });
  const { code, stdout, stderr } = await stop(home, "--timeout", "1s");
  assertEquals([code, stderr], [0, ""]);
  const ended = '3 processes: one, "a family", deaf (2 by SIGTERM, 1 by SIGKILL)';
  assertEquals(stdout, `stopped the daemon (pid ${pid}); ended ${ended}\n`);
  assertEquals(await readIfThere(heard), "x\nx\n");
  await waitFor("the daemon's end", () => !isAlive(pid));
  assert(![...pids.values()].some(isAlive));
});

Deno.test("stop --timeout 0s kills at once, and so does the classic -stop without output", async () => {
  await using home = await testHome();
  const heard = `${home.path}/heard`;
  await serveAt(home);
  await spawnAll(await targetOf(home), { one: polite(heard) });
  assertMatch((await stop(home, "--timeout", "0s")).stdout, /; ended 1 process: one \(1 by SIGKILL\)\n$/);
  const pid = await serveAt(home);
  await spawnAll(await targetOf(home), { one: polite(heard) });
  const classic = await claustrum(home.path, ["-stop", "-socket", home.socket]);
  assertEquals(classic, { code: 0, stdout: "", stderr: "" });
  await waitFor("the daemon's end", () => !isAlive(pid));
  assertEquals(await readIfThere(heard), undefined);
});

Deno.test("stop reports that it stopped a daemon without processes", async () => {
  await using home = await testHome();
  const pid = await serveAt(home);
  assertEquals(await stop(home), { code: 0, stdout: `stopped the daemon (pid ${pid})\n`, stderr: "" });
});

Deno.test("stop leaves the processes of a daemon with --keep-children running and reports it", async () => {
  await using home = await testHome();
  await serveAt(home, "--keep-children");
  const pids = await spawnAll(await targetOf(home), { job: "trap '' PIPE HUP; echo ready; exec sleep 1000" });
  const { code, stdout } = await stop(home);
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^stopped the daemon \(pid \d+\); left running, without stdin, stdout and stderr: 1 process: job\n$/,
  );
  assert(isAlive(pids.get("job")!));
  Deno.kill(pids.get("job")!, "SIGKILL");
});

Deno.test("stop reports a retired daemon that keeps running, and stop --all stops it", async () => {
  await using home = await homeOfMany();
  const first = await serveAt(home);
  const pids = await spawnAll(await targetOf(home), { a: "echo ready; exec sleep 1000", b: DEAF });
  const second = await upgrade(home);
  await spawnAll(await targetOf(home), { c: "echo ready; exec sleep 1000" });
  const keeps = `the retired daemon (pid ${first}) keeps running 2 processes: a, b; ` +
    "claustrum serve reconnects to it, claustrum stop --all stops it\n";
  assertEquals(await stop(home), {
    code: 0,
    stdout: `stopped the daemon (pid ${second}); ended 1 process: c (1 by SIGTERM)\n`,
    stderr: keeps,
  });
  assert([...pids.values()].every(isAlive));
  assertEquals(await stop(home), { code: 0, stdout: "", stderr: keeps }, "without a daemon that serves");
  const third = await serveAt(home);
  assertEquals(await stop(home, "--all", "--timeout", "1s"), {
    code: 0,
    stdout: `stopped the daemon (pid ${third})\n` +
      `stopped the retired daemon (pid ${first}); ended 2 processes: a, b (1 by SIGTERM, 1 by SIGKILL)\n`,
    stderr: "",
  });
  await waitFor("all of them to end", () => ![first, ...pids.values()].some(isAlive));
});

Deno.test("stop reports that a retired daemon without processes will exit by itself", async () => {
  await using home = await homeOfMany();
  await Deno.mkdir(home.run, { mode: 0o700 });
  // A daemon in this process with a stopped clock, so that it does not exit during the test.
  const clock = fakeClock();
  await using _first = await serve({ socket: home.socket, token: "t", useLoginPath: false, clock });
  await upgradeWith(home, clock);
  const { code, stderr } = await stop(home);
  const text = `the retired daemon (pid ${Deno.pid}) has no running processes and will exit by itself\n`;
  assertEquals([code, stderr], [0, text]);
});

Deno.test("stop during a hand-over waits for its result and stops the daemon that serves", async () => {
  await using home = await homeOfMany();
  await Deno.mkdir(home.run, { mode: 0o700 });
  const clock = fakeClock();
  let connections = 0;
  const log = createLogger({
    level: "debug",
    write: (line) => void (connections += line.includes("New connection") ? 1 : 0),
  });
  await using daemon = await serve({ socket: home.socket, token: "t", useLoginPath: false, clock, log });
  await spawnAll({ socket: home.socket, token: "t" }, { job: "echo ready; exec sleep 1000" });
  await askToRetire(home.socket);
  const before = connections;
  const stopping = stop(home);
  await waitFor("it to connect", () => connections > before);
  const timer = setInterval(() => clock.advance(100), 5); // no daemon takes over
  const { code, stdout } = await stopping;
  clearInterval(timer);
  assertEquals(code, 0);
  assertEquals(stdout, `stopped the daemon (pid ${Deno.pid}); ended 1 process: job (1 by SIGTERM)\n`);
  await daemon.finished;
});

Deno.test("stop reports a daemon that does not answer in one sentence", async () => {
  await using home = await testHome();
  const pid = await serveAt(home);
  Deno.kill(pid, "SIGSTOP");
  const { code, stdout, stderr } = await stop(home);
  Deno.kill(pid, "SIGCONT");
  assertEquals([code, stdout], [1, ""]);
  const next = `see ${home.run}/remote-server.log, or end it with kill ${pid}`;
  assertEquals(stderr, `claustrum: the daemon on ${home.socket} does not answer: ${next}\n`);
});

/** Serves a stop like a daemon without extensions. Returns the methods that were called. */
async function contractDaemon(listener: Deno.UnixListener): Promise<string[]> {
  const asked: string[] = [];
  using conn = await listener.accept();
  const buffer = new Uint8Array(4096);
  for (let text = "";;) {
    const n = await conn.read(buffer);
    if (n === null) return asked;
    text += new TextDecoder().decode(buffer.subarray(0, n));
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      const { id, method } = JSON.parse(line);
      asked.push(method);
      if (method === "server.shutdown") return asked;
      const answer = method === "server.capabilities"
        ? { result: { version: "v", methods: [], features: [] } }
        : { error: { code: -32601, message: `Unknown method: ${method}` } };
      await conn.write(new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", id, ...answer }) + "\n"));
    }
  }
}

Deno.test("stop works with a daemon that does not support process.list", async () => {
  await using dir = await tempDir();
  const socket = `${dir.path}/rpc.sock`;
  using listener = Deno.listen({ transport: "unix", path: socket });
  const served = (async () => [await contractDaemon(listener), await contractDaemon(listener)])();
  const stopped = await claustrum(dir.path, ["stop", "--socket", socket], { env: { CLAUDE_RPC_TOKEN: "t" } });
  assertEquals(stopped, { code: 0, stdout: "stopped the daemon\n", stderr: "" });
  assertEquals((await served)[1], ["server.capabilities", "process.list", "server.shutdown"]);
});

/** Returns a shell command line that runs `stop` and prints its exit code. */
function stopLine(daemon: { directory: string; socket: string }, ...flags: string[]): string {
  const variables = Object.entries(plainEnvironment(daemon.directory)).map(([name, value]) => `${name}='${value}'`);
  const words = [Deno.execPath(), "run", "-A", "--quiet", CLI, "stop", "--socket", daemon.socket, ...flags];
  return `env ${variables.join(" ")} ${words.join(" ")}; echo "code $?"; sleep 1000`;
}

async function runningIds(daemon: TestDaemon): Promise<string[]> {
  using client = await daemon.connect();
  const { result } = await client.call("process.list", {});
  return (result!["processes"] as { id: string; running: boolean }[]).flatMap(({ id, running }) => running ? [id] : []);
}

const hasTmux = findProgram("tmux") !== undefined;

for (
  const [keys, what] of [[["n", "Enter"], "no"], [["Enter"], "an empty line"], [["C-d"], "ctrl-D"]] as const
) {
  Deno.test({
    ...needing(`on a terminal stop lists the running processes and asks, and ${what} cancels it`, hasTmux, "tmux"),
    async fn() {
      await using daemon = await startDaemon();
      const ids = ["job", "two words", "c", "d", "e", "f", "g"];
      const target = { socket: daemon.socket, token: daemon.token };
      await spawnAll(target, Object.fromEntries(ids.map((id) => [id, "echo ready; exec sleep 1000"])));
      await using terminal = await openTerminal(stopLine(daemon));
      await waitFor("the question", async () => (await terminal.screen()).includes("[y/N]"));
      const asked = (await terminal.screen()).trimEnd().split("\n").map((line) => line.trimEnd());
      assertEquals(asked[0], `Stopping the daemon (pid ${daemon.pid}) ends 7 processes:`);
      assertEquals(asked[1], '  job  sh -c "echo ready; exec sleep 1000"');
      assertEquals(asked[2], '  "two words"  sh -c "echo ready; exec sleep 1000"');
      assertEquals(asked.slice(-2), ["  and 2 more", "Stop? [y/N]"]);
      await terminal.type(...keys);
      const screen = await waitFor("the exit", async () => {
        const screen = await terminal.screen();
        return screen.includes("code") ? screen : undefined;
      });
      assertMatch(screen, /^claustrum: nothing was stopped\ncode 1$/m);
      assertEquals(await runningIds(daemon), ids);
    },
  });
}

Deno.test({
  ...needing(
    "on a terminal stop continues after a yes, and does not ask with --yes or without processes",
    hasTmux,
    "tmux",
  ),
  async fn() {
    for (const flags of [[], ["--yes"], ["-y"], undefined]) {
      await using daemon = await startDaemon();
      const target = { socket: daemon.socket, token: daemon.token };
      if (flags !== undefined) await spawnAll(target, { job: "echo ready; exec sleep 1000" });
      await using terminal = await openTerminal(stopLine(daemon, ...flags ?? []));
      if (flags?.length === 0) {
        await waitFor("the question", async () => (await terminal.screen()).includes("[y/N]"));
        await terminal.type("yes", "Enter");
      }
      const screen = await waitFor("the exit", async () => {
        const screen = await terminal.screen();
        return screen.includes("code") ? screen : undefined;
      });
      const ended = flags === undefined ? "" : "; ended 1 process: job (1 by SIGTERM)";
      assertMatch(
        screen,
        new RegExp(`^stopped the daemon \\(pid ${daemon.pid}\\)${RegExp.escape(ended)}\ncode 0$`, "m"),
      );
      assertEquals(screen.includes("[y/N]"), flags?.length === 0);
      assertEquals(await daemon.ended(), 0);
    }
  },
});

Deno.test("stop quotes an id that contains escape sequences", async () => {
  await using home = await testHome();
  await serveAt(home);
  await spawnAll(await targetOf(home), { "\x1b[2J\u202eevil\n": "echo ready; exec sleep 1000" });
  const { stdout } = await stop(home);
  assertMatch(stdout, /ended 1 process: "\\x1b\[2J\\u202eevil\\n" \(1 by SIGTERM\)\n$/);
});
