import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { parseSince } from "../../lib/cli/commands/logs.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import { claustrum, type CommandResult } from "../helpers/command.ts";
import { CLI, plainEnvironment, startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { homeOfMany, serveAt, upgrade } from "../helpers/handover.ts";
import type { TestHome } from "../helpers/home.ts";
import { LineClient } from "../helpers/line_client.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

type Place = Pick<TestDaemon, "directory" | "socket"> | Pick<TestHome, "path" | "socket">;

const homeOf = (place: Place) => "path" in place ? place.path : place.directory;

/** Returns a function that runs a command line against a daemon. */
function at(place: Place) {
  return (command: string, ...args: string[]): Promise<CommandResult> =>
    claustrum(homeOf(place), [command, "--socket", place.socket, ...args]);
}

/** Follows the output of a process, as far as it has come. */
function follow(place: Place, ...args: string[]): AsyncDisposable & { text(): string; readonly code: Promise<number> } {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, "logs", "-f", "--socket", place.socket, ...args],
    env: plainEnvironment(homeOf(place)),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const add = new WritableStream<string>({ write: (part) => void (text += part) });
  const printed = child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(add);
  const warned = child.stderr.cancel();
  return {
    text: () => text,
    code: child.status.then(({ code }) => code),
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended
      }
      await Promise.all([child.status, printed, warned]);
    },
  };
}

const success = (stdout: string, stderr = "") => ({ code: 0, stdout, stderr });
const until = (gate: string) => `until [ -e '${gate}' ]; do sleep 0.01; done`;

Deno.test("a log outlives a daemon that is killed: logs prints it without a daemon and with the next one", async () => {
  await using home = await homeOfMany();
  const run = at(home);
  await serveAt(home);
  const script = "echo one; printf 'a\\0\\377\\n'; echo two >&2; printf three";
  assertEquals((await run("run", "--log", "--id", "p", "--", "sh", "-c", script)).code, 0);
  assertEquals((await run("run", "--id", "no-log", "--", "echo", "gone")).code, 0);
  await run("run", "--detach", "--log", "--id", "live", "--", "sh", "-c", "echo alive; exec sleep 1000");
  await waitFor("the output", async () => (await Deno.readTextFile(`${home.run}/logs/live.log`)) === "alive\n");
  assertEquals(await run("logs", "--list"), success("p\nno-log\nlive\n"));
  const pid = home.pid();
  Deno.kill(pid, "SIGKILL");
  await waitFor("the end of the daemon", () => !isAlive(pid));
  const all = { code: 0, stdout: "one\na\0\ufffd\nthree", stderr: "two\n" };
  assertEquals(await run("logs", "p"), all);
  assertMatch((await run("logs", "no-log")).stderr, /^claustrum: no daemon/);
  assertEquals(await run("logs", "--list"), success("live\np\n"));
  await serveAt(home);
  assertEquals(await run("logs", "p", "--stderr", "--tail", "1"), success("", "two\n"));
  assertEquals(await run("logs", "li"), success("alive\n"));
  // A later process with the id appends.
  assertEquals((await run("run", "--log", "--id", "live", "--", "echo", "again")).code, 0);
  const stamped = await run("logs", "--timestamps", "live");
  assertMatch(stamped.stdout, /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (alive|again)\n){2}$/);
  const times = stamped.stdout.split("\n").slice(0, 2).map((line) => Date.parse(line.slice(0, 24)));
  assert(times[0]! < times[1]! && Math.abs(times[1]! - Date.now()) < 600_000);
  assertEquals((await run("logs", "--since", new Date(times[1]!).toISOString(), "live")).stdout, "again\n");
  assertEquals(await run("rm", "live", "p"), success(""));
  assertEquals([...Deno.readDirSync(`${home.run}/logs`)], []);
});

Deno.test("logs prints what the buffer has dropped from the log, each byte once, while the process goes on", async () => {
  await using daemon = await startDaemon();
  const [run, gate] = [at(daemon), `${daemon.directory}/go`];
  const script = `seq 1 3000000; ${until(gate)}; seq 3000001 3000100`;
  await run("run", "--detach", "--log", "--id", "p", "--", "sh", "-c", script);
  using client = await daemon.connect();
  const listed = async () =>
    ((await client.call("process.list", {})).result!.processes as Record<string, number>[])[0]!;
  await waitFor("all output", async () => {
    const before = await listed();
    const size = ["", ".1", ".2"].reduce((sum, age) => sum + sizeOf(`${daemon.directory}/logs/p.log${age}`), 0);
    return before.firstSeq! > 1 && size === 22_888_896;
  });
  const expected = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");
  await using following = follow(daemon, "p");
  const first = await run("logs", "p");
  assert(first.stdout === expected(3_000_000), `${first.stdout.length} bytes`);
  assertEquals((await run("logs", "p", "--tail", "2")).stdout, "2999999\n3000000\n");
  await Deno.writeTextFile(gate, "");
  assertEquals(await soon("the end", following.code), 0);
  await waitFor("the last line", () => following.text().endsWith("\n3000100\n"));
  assert(following.text() === expected(3_000_100), `${following.text().length} bytes`);
});

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

Deno.test("a log goes on exactly over a hand-over, and rm removes it in the daemon that writes it", async () => {
  await using home = await homeOfMany();
  const run = at(home);
  await serveAt(home);
  const gate = `${home.path}/go`;
  // With a short pause now and then, because a fast machine would write millions of lines before the gate opens.
  const line = "i=$((i+1)); echo $i; [ $((i % 500)) != 0 ] || sleep 0.005";
  const script = `i=0; while [ ! -e '${gate}' ]; do ${line}; done; echo end $i`;
  await run("run", "--detach", "--log", "--id", "p", "--", "sh", "-c", script);
  await using following = follow(home, "--timestamps", "p");
  await waitFor("some output", () => following.text().includes(" 100\n"));
  await upgrade(home);
  const seen = following.text().length;
  await waitFor("more output", () => following.text().length > seen);
  await Deno.writeTextFile(gate, "");
  assertEquals(await soon("the end", following.code), 0);
  const { stdout } = await run("logs", "p");
  const count = Number(/\nend (\d+)\n$/.exec(stdout)?.[1]);
  const expected = `${Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("")}end ${count}\n`;
  assert(stdout === expected);
  assert(await Deno.readTextFile(`${home.run}/logs/p.log`) === expected);
  await waitFor("the last line", () => following.text().endsWith(` end ${count}\n`));
  assert(following.text().replaceAll(/^\S{24} /gm, "") === expected);
  assertEquals((await run("rm", "p")).code, 0);
  assertEquals([...Deno.readDirSync(`${home.run}/logs`)], []);
});

Deno.test("a process that replaces one in a retired daemon goes on with its log", async () => {
  await using home = await homeOfMany();
  const run = at(home);
  await serveAt(home);
  await run("run", "--detach", "--log", "--id", "p", "--", "sh", "-c", "echo old; exec sleep 1000");
  await waitFor("the output", async () => (await run("logs", "p")).stdout === "old\n");
  await upgrade(home);
  assertEquals((await run("run", "--replace", "--log", "--id", "p", "--", "echo", "new")).stdout, "new\n");
  assertEquals((await run("logs", "p")).stdout, "old\nnew\n");
  await waitFor("the file", async () => await Deno.readTextFile(`${home.run}/logs/p.log`) === "old\nnew\n");
});

Deno.test("logs -f goes on over restarts, and when another process takes the id", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await run("run", "--detach", "--log", "--id", "p", "--", "sh", "-c", "echo first; exec sleep 1000");
  await using following = follow(daemon, "p");
  await waitFor("the first output", () => following.text() === "first\n");
  assertEquals((await run("restart", "p")).code, 0);
  await waitFor("the second output", () => following.text() === "first\nfirst\n");
  await run("run", "--detach", "--replace", "--log", "--id", "p", "--", "echo", "third");
  assertEquals(await soon("the end", following.code), 0);
  await waitFor("the third output", () => following.text() === "first\nfirst\nthird\n");
  assertEquals((await run("logs", "p")).stdout, "first\nfirst\nthird\n");
  // One that has ended is started anew with its log.
  assertEquals((await run("restart", "p")).code, 0);
  await waitFor("the fourth output", async () => (await run("logs", "p")).stdout === "first\nfirst\nthird\nthird\n");
});

Deno.test("log_dir keeps the output of every process, except those that decline it", async () => {
  await using home = await homeOfMany();
  const [run, logs] = [at(home), `${home.path}/kept`];
  await Deno.mkdir(`${home.path}/.config/claustrum`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.config/claustrum/claustrum.conf`, "log_dir = ~/kept\n");
  await serveAt(home);
  using client = await LineClient.connect(home.socket, await home.token());
  for (const [id, more] of [["a/../b\n", {}], ["declined", { log: false }]] as const) {
    const spawn = { id, command: "echo", args: ["hi"], ...more };
    assertEquals((await client.call("process.spawn", spawn)).result, { success: true });
  }
  await waitFor("the output", async () => (await run("logs", "a/../b\n")).stdout === "hi\n");
  await run("run", "--log", "--id", "c", "--", "echo", "hi");
  await waitFor("the logs", () => sizeOf(`${logs}/c.log`) > 0 && sizeOf(`${logs}/a%2F..%2Fb%0A.log`) > 0);
  const names = [...Deno.readDirSync(logs)].map(({ name }) => name).sort();
  assertEquals(names, ["a%2F..%2Fb%0A.log", "a%2F..%2Fb%0A.log.times", "c.log", "c.log.times"]);
  // A log that cannot be opened stops only processes that ask for one.
  await Deno.rename(logs, `${home.path}/elsewhere`);
  await Deno.symlink(`${home.path}/elsewhere`, logs);
  assertEquals(await run("run", "--id", "d", "--", "echo", "hi"), success("hi\n"));
  assertStringIncludes(await home.log(), '[logs] process "d" has no log');
  const refused = await run("run", "--log", "--", "echo", "hi");
  assertEquals([refused.code, refused.stderr], [125, `claustrum: open ${logs}: not a directory\n`]);
  assertEquals(await run("prune"), success("4 processes forgotten, 2 logs removed\n"));
  assertEquals([...Deno.readDirSync(`${home.path}/elsewhere`)].length, names.length);
});

Deno.test("run --log takes a file, which rm leaves alone, and refuses one that another process has", async () => {
  await using daemon = await startDaemon();
  const [run, file] = [at(daemon), `${daemon.directory}/out.log`];
  await run("run", "--detach", `--log=${file}`, "--id", "a", "--", "sh", "-c", "echo hi; exec sleep 1000");
  await waitFor("the output", () => sizeOf(file) === 3);
  const refused = await run("run", "--log", file, "--", "true");
  assertEquals([refused.code, refused.stderr], [125, `claustrum: open ${file}: another process writes to this log\n`]);
  assertStringIncludes((await run("inspect", "a")).stdout, `log        ${file}\n`);
  assertEquals((await run("rm", "--force", "a")).code, 0);
  assertEquals(await Deno.readTextFile(file), "hi\n");
  assertEquals((await run("logs", "a")).code, 1);
  assertEquals((await run("run", "--log", "--id", "b", "echo", "--log")).stdout, "--log\n");
  assertEquals((await run("logs", "b")).stdout, "--log\n");
});

Deno.test("logs prints what processes with the id have logged elsewhere before, with and without a daemon", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  const file = (name: string) => `--log=${daemon.directory}/${name}.log`;
  for (const [log, text] of [["--log", "one"], [file("a"), "two"], [file("b"), "three"]] as const) {
    assertEquals((await run("run", log, "--id", "p", "--", "echo", text)).code, 0);
  }
  assertEquals(await run("logs", "p"), success("one\ntwo\nthree\n"));
  assertEquals(await run("logs", "--tail", "2", "p"), success("two\nthree\n"));
  using client = await daemon.connect();
  await client.call("process.forget", { id: "p" });
  assertEquals(await run("logs", "p"), success("one\ntwo\nthree\n"));
  assertEquals((await run("rm", "p")).code, 0);
  assertEquals([...Deno.readDirSync(`${daemon.directory}/logs`)], []);
});

Deno.test("frames have the times at which they came only for those who ask", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "p", command: "echo", args: ["hi"] });
  await waitFor("the end", async () => {
    const { processes } = (await client.call("process.list", {})).result as { processes: { running: boolean }[] };
    return !processes[0]!.running;
  });
  const framesOf = async (more: object) => {
    const id = await client.send("process.reattach", { id: "p", ...more });
    const messages = await client.until((message) => message.id === id);
    return messages.slice(0, -1).map((message) => JSON.stringify(message));
  };
  const plain = await framesOf({});
  assertEquals(plain[0], '{"type":"stream","processId":"p","stream":"stdout","seq":1,"data":"aGkK"}');
  const timed = await framesOf({ times: true });
  assertEquals(timed.map((line) => line.replace(/,"time":\d{13}\}$/, "}")), plain);
  assert(timed.every((line) => /,"time":\d{13}\}$/.test(line)));
  assertMatch((await at(daemon)("logs", "-t", "p")).stdout, /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z hi\n$/);
});

Deno.test("parseSince() takes a duration or a time in ISO 8601", () => {
  const now = Date.parse("2026-01-31T12:00:00Z");
  assertEquals(parseSince("10m", now), now - 600_000);
  assertEquals(parseSince("90", now), now - 90_000);
  assertEquals(parseSince("1h30m", now), now - 5_400_000);
  assertEquals(parseSince("2026-01-31T11:59:59.5Z", now), now - 500);
  assertEquals(parseSince("2026-01-31T13:00+02:00", now), now - 3_600_000);
  assertEquals(parseSince("2026-01-31", now), new Date(2026, 0, 31).getTime());
  for (const text of ["yesterday", "", "-5m", "2026-13-01", "10x"]) {
    assertThrows(() => parseSince(text, now), UsageError);
  }
});
