import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isGroup } from "../../lib/cli/command.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { formatAge, formatTable } from "../../lib/cli/table.ts";
import { claustrum } from "../helpers/command.ts";
import { cuttingProxy } from "../helpers/cutting_proxy.ts";
import { CLI, plainEnvironment, startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { outputOf } from "../helpers/line_client.ts";
import { seededRandom } from "../helpers/random.ts";
import { canMount, smallDisk } from "../helpers/small_disk.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

/** Returns a function that runs commands against a daemon. */
function at(daemon: TestDaemon) {
  const run = (args: string[], options: { stdin?: string; env?: Record<string, string> } = {}) =>
    claustrum(daemon.directory, [args[0]!, "--socket", daemon.socket, ...args.slice(1)], options);
  return run;
}

/** Starts a command without waiting for its exit. */
function start(daemon: { directory: string; socket: string }, args: string[], env: Record<string, string> = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, args[0]!, "--socket", daemon.socket, ...args.slice(1)],
    env: { ...plainEnvironment(daemon.directory), ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("run forwards stdin, both output streams, the environment and the exit code", async () => {
  await using daemon = await startDaemon();
  const script = "cat; printf 'to stderr\\0' >&2; pwd; echo $V; exit 7";
  const result = await at(daemon)(["run", "--env", "V=a=b", "--cwd", "/", "--", "sh", "-c", script], {
    stdin: "in\0put\r\n",
  });
  assertEquals(result, { code: 7, stdout: "in\0put\r\n/\na=b\n", stderr: "to stderr\0" });
  const unknown = await at(daemon)(["run", "--", "/nope"]);
  assertEquals([unknown.code, unknown.stderr], [127, "claustrum: fork/exec /nope: no such file or directory\n"]);
  assertEquals((await at(daemon)(["run", "sh", "-c", "kill -9 $$"])).code, 137);
});

Deno.test("run forwards signals and exits like its process", async () => {
  await using daemon = await startDaemon();
  const script = "trap 'echo caught; exit 3' INT TERM; echo ready; while :; do sleep 0.01; done";
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using child = start(daemon, ["run", "--", "sh", "-c", script]);
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, "ready\n");
    child.kill(signal);
    assertEquals((await reader.read()).value, "caught\n");
    assertEquals((await soon("the exit", child.status)).code, 3);
    await Promise.all([reader.cancel(), child.stderr.cancel(), child.stdin.abort()]);
  }
});

Deno.test("run detaches on ctrl-C twice and prints how to attach again", async () => {
  await using daemon = await startDaemon();
  await using child = start(daemon, [
    "run",
    "--id",
    "job",
    "--",
    "sh",
    "-c",
    "trap '' INT; echo ready; exec sleep 1000",
  ]);
  const reader = child.stdout.getReader();
  await reader.read();
  // Signals in quick succession may be merged, so send more until it exits.
  let hasEnded = false;
  void child.status.then(() => hasEnded = true);
  await waitFor("the exit", () => {
    try {
      if (!hasEnded) Deno.kill(child.pid, "SIGINT");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has just exited
    }
    return hasEnded;
  });
  const { code } = await child.status;
  const stderr = await new Response(child.stderr).text();
  const attachCommand = `claustrum attach --socket ${daemon.socket} job`;
  assertEquals([code, stderr], [0, `claustrum: detached from "job"; attach again with: ${attachCommand}\n`]);
  await Promise.all([reader.cancel(), child.stdin.abort()]);
  assertMatch((await at(daemon)(["ps"])).stdout, /^job +\d+ +running /m);
});

Deno.test("run ends its process, and no other, when the reader of its output exits", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "bystander", command: "sleep", args: ["1000"] });
  const command = `'${Deno.execPath()}' run -A --quiet '${CLI}' run --socket '${daemon.socket}' -- yes | head -1`;
  const shell = new Deno.Command("sh", {
    args: ["-c", command],
    env: plainEnvironment(daemon.directory),
    stdin: "null",
  });
  const { stdout } = await soon("the pipeline", shell.output());
  assertEquals(new TextDecoder().decode(stdout), "y\n");
  const { result } = await client.call("process.list", {});
  const states = (result!.processes as { id: string; running: boolean }[]).map(({ id, running }) => `${id} ${running}`);
  assertEquals([states[0], states[1]?.endsWith("false"), states.length], ["bystander true", true, 2]);
});

Deno.test("run reconnects without losing output, even more than the buffers hold", async () => {
  await using daemon = await startDaemon();
  const random = seededRandom(3);
  await using proxy = await cuttingProxy(daemon.socket, () => 100_000 + Math.floor(random() * 400_000));
  const env = { CLAUDE_RPC_TOKEN: daemon.token };
  const args = ["run", "--socket", proxy.socket, "--", "sh", "-c", "seq 1 300000; cat; exit 5"];
  const result = await claustrum(daemon.directory, args, { env, stdin: "the end" });
  const expected = Array.from({ length: 300_000 }, (_, i) => `${i + 1}\n`).join("") + "the end";
  assertEquals([result.code, result.stderr, result.stdout === expected], [5, "", true]);
  assert(proxy.cuts > 3, `${proxy.cuts} cuts`);
});

Deno.test("run starts a daemon if none is running, except with --no-start", async () => {
  await using home = await testHome();
  const args = (more: string[]) => ["run", "--socket", home.socket, ...more, "--", "echo", "hi"];
  const refused = await claustrum(home.path, args(["--no-start"]));
  assertEquals(refused.stderr, `claustrum: no daemon is listening on ${home.socket}: start one with claustrum serve\n`);
  assertEquals(await claustrum(home.path, args([])), { code: 0, stdout: "hi\n", stderr: "" });
  assertEquals((await claustrum(home.path, args(["--no-start"]))).stdout, "hi\n");
});

Deno.test("ps lists the short commands of a hub only with --all", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  for (const id of ["hub/1", "hub", "job"]) await client.call("process.spawn", { id, command: "cat" });
  const run = at(daemon);
  assertEquals((await run(["ps", "--quiet"])).stdout, "hub\njob\n");
  assertEquals((await run(["ps", "--quiet", "--all"])).stdout, "hub/1\nhub\njob\n");
  const ids = async (...flags: string[]) =>
    JSON.parse((await run(["ps", "--json", ...flags])).stdout).map(({ id }: { id: string }) => id);
  assertEquals([await ids(), await ids("--all")], [["hub", "job"], ["hub/1", "hub", "job"]]);
  assertEquals((await run(["ps"])).stdout.match(/^\S+/gm), ["ID", "hub", "job"]);
  assertEquals((await run(["ps", "--all"])).stdout.match(/^\S+/gm), ["ID", "hub/1", "hub", "job"]);
});

/** Runs a script with `run --detach`, and waits until it has printed something. */
async function runDetached(daemon: TestDaemon, id: string, script: string): Promise<void> {
  const run = at(daemon);
  assertEquals((await run(["run", "--detach", "--id", id, "--", "sh", "-c", script])).stdout, `${id}\n`);
  await waitFor("its output", async () => (await run(["logs", id])).stdout !== "");
}

Deno.test("run --detach prints the id, and the command keeps running", async () => {
  await using daemon = await startDaemon();
  await runDetached(daemon, "job", "echo ready; exec sleep 1000");
  assertMatch((await at(daemon)(["ps"])).stdout, /^job +\d+ +running /m);
});

Deno.test("run --detach --stdin forwards stdin before it returns", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  const { stdout } = await run(["run", "--detach", "--stdin", "--id", "job", "--", "cat"], { stdin: "kept" });
  assertEquals(stdout, "job\n");
  await waitFor("its output", async () => (await run(["logs", "job"])).stdout === "kept");
});

Deno.test("logs prints each stream, or one of them, or the last lines", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await runDetached(daemon, "job", "echo two >&2; echo one; echo three; exec sleep 1000");
  await waitFor("all output", async () => (await run(["logs", "job"])).stdout === "one\nthree\n");
  assertEquals(await run(["logs", "job", "--stderr"]), { code: 0, stdout: "", stderr: "two\n" });
  assertEquals(await run(["logs", "job", "--stdout"]), { code: 0, stdout: "one\nthree\n", stderr: "" });
  assertEquals((await run(["logs", "job", "--stdout", "--tail", "1"])).stdout, "three\n");
  assertEquals((await run(["logs", "job", "--tail", "0"])).stdout, "");
});

Deno.test("attach --from skips frames, forwards stdin and exits like the process", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await runDetached(daemon, "job", "echo one; read x; echo got $x; exit 4");
  const attached = await run(["attach", "job", "--from", "1"], { stdin: "word\n" });
  assertEquals(attached, { code: 4, stdout: "got word\n", stderr: "" });
  assertEquals((await run(["logs", "-f", "job"])).stdout, "one\ngot word\n");
});

Deno.test("kill --wait sends SIGKILL to a process that ignores SIGTERM", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await runDetached(daemon, "deaf", "trap '' TERM; echo ready; while :; do sleep 1; done");
  assertEquals((await run(["kill", "deaf", "--wait", "--timeout", "50ms"])).code, 0);
  assertMatch((await run(["ps"])).stdout, /^deaf +\d+ +SIGKILL /m);
});

Deno.test("kill, attach and logs fail for an unknown process, and kill for an unknown signal", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  const text = 'claustrum: there is no process "unknown": see claustrum ps\n';
  for (const command of ["kill", "logs"]) {
    assertEquals(await run([command, "unknown"]), { code: 1, stdout: "", stderr: text }, command);
  }
  assertEquals((await run(["attach", "unknown"])).code, 1);
  assertEquals((await run(["kill", "unknown", "--signal", "STOP"])).code, 2);
});

Deno.test("logs -f does not detach another client", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "cat" });
  await using child = start(daemon, ["logs", "-f", "job"]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await waitFor("it to connect", () => daemon.log().split("New connection").length > 3);
  await client.send("process.stdin", { id: "job", data: btoa("word\n") });
  assertEquals(outputOf(await client.until((message) => message.stream === "stdout")), "word\n");
  assertEquals((await reader.read()).value, "word\n");
  await client.send("process.kill", { id: "job", signal: "KILL" });
  assertEquals((await soon("the exit", child.status)).code, 0);
  await Promise.all([reader.cancel(), child.stderr.cancel(), child.stdin.abort()]);
});

Deno.test("status reports a running daemon as text and as JSON", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  assertMatch((await run(["status"])).stdout, /^up on .*, v\d.*\n {2}pid +\d+\n[^]*0 running, 0 ended/);
  const status = JSON.parse((await run(["status", "--json"])).stdout);
  const keys = ["up", "socket", "version", "pid", "uptimeSeconds", "running", "exited", "connections", "replayBytes"];
  assertEquals([Object.keys(status), status.up, status.pid], [keys, true, daemon.pid]);
});

Deno.test("status exits with 3 when no daemon is running, and ps with 1", async () => {
  await using home = await testHome();
  const run = (...args: string[]) => claustrum(home.path, [...args, "--socket", home.socket]);
  const text = `no daemon is listening on ${home.socket}: start one with claustrum serve\n`;
  assertEquals(await run("status"), { code: 3, stdout: text, stderr: "" });
  assertEquals(JSON.parse((await run("status", "--json")).stdout), { up: false, socket: home.socket });
  assertEquals(await run("ps"), { code: 1, stdout: "", stderr: `claustrum: ${text}` });
});

Deno.test("status reports that the daemon refused the token, and what to do", async () => {
  await using daemon = await startDaemon();
  const refused = `claustrum: the daemon on ${daemon.socket} refused the token`;
  const given = await at(daemon)(["status"], { env: { CLAUDE_RPC_TOKEN: "wrong" } });
  assertEquals([given.code, given.stderr], [1, `${refused}: it is that of CLAUDE_RPC_TOKEN: unset it\n`]);
  await Deno.writeTextFile(`${daemon.directory}/daemon.token`, "wrong");
  const { code, stderr } = await at(daemon)(["status"]);
  assertEquals(code, 1);
  const advice = `${daemon.directory}/daemon.token is not the one that it has written: claustrum serve --replace`;
  assertStringIncludes(stderr, `${refused}: ${advice}`);
});

Deno.test("call prints the result or the error of a method", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  assertEquals((await run(["call", "server.ping"])).stdout, '{"pong":true}\n');
  const text = "claustrum: files.list: open /nope: no such file or directory (-32603)\n";
  assertEquals(await run(["call", "files.list", '{"path":"/nope"}']), { code: 1, stdout: "", stderr: text });
  assertEquals((await run(["call", "no.such"])).code, 1);
  assertEquals((await run(["call", "files.list", "{path"])).code, 2);
});

Deno.test("ps --json prints an empty array without processes", async () => {
  await using daemon = await startDaemon();
  assertEquals(JSON.parse((await at(daemon)(["ps", "--json"])).stdout), []);
});

Deno.test("doctor finds no problem with a running daemon", async () => {
  await using daemon = await startDaemon();
  const agent = `${daemon.directory}/agent`;
  await Deno.writeTextFile(agent, `#!/bin/sh\n[ "$1" = --version ] && echo 2.1.145 || echo '{"loggedIn":true}'\n`, {
    mode: 0o755,
  });
  const env = { CLAUSTRUM_AGENT_BINARY: agent, CLAUSTRUM_LISTEN: "" };
  const { code, stdout } = await at(daemon)(["doctor"], { env });
  assertEquals([code, /^fail/m.test(stdout)], [0, false], stdout);
  assertMatch(stdout, /^ok {4}socket +v\S+ answers in /m);
  assertMatch(stdout, /^ok {4}hub agent +\S+ 2\.1\.145$/m);
});

Deno.test("doctor suggests remedies for wrong modes, and leaves the daemon running", async () => {
  await using daemon = await startDaemon();
  await Deno.chmod(`${daemon.directory}/daemon.token`, 0o644);
  await Deno.chmod(daemon.directory, 0o777);
  const { code, stdout } = await at(daemon)(["doctor"]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, `chmod go-w ${daemon.directory}`);
  assertStringIncludes(stdout, `chmod 600 ${daemon.directory}/daemon.token`);
  assert(isAlive(daemon.pid));
});

Deno.test("doctor tells which lines of the configuration are ignored", async () => {
  await using home = await testHome();
  const file = `${home.path}/.config/claustrum/claustrum.conf`;
  await Deno.mkdir(`${home.path}/.config/claustrum`, { recursive: true });
  await Deno.writeTextFile(file, "handover = true\ncontract = nxt\nfoo = 1\n");
  const { stdout } = await claustrum(home.path, ["doctor", "--socket", home.socket]);
  const ignored =
    `${file}:2: ignored, "nxt" is not a valid value of contract; ${file}:3: ignored, "foo" is not a setting`;
  assertStringIncludes(stdout, `${ignored}: correct it, and start the daemon again\n`);
});

Deno.test("doctor says that the directory of the daemon is on a full disk", { ignore: !await canMount() }, async () => {
  await using home = await testHome();
  await using disk = await smallDisk(64);
  const check = async () => (await claustrum(home.path, ["doctor", "--socket", `${disk.path}/rpc.sock`])).stdout;
  await disk.fill();
  assertStringIncludes(
    await check(),
    `fail  directory           nothing can be written into ${disk.path}: no space left on device: make it writable`,
  );
  assertEquals([...Deno.readDirSync(disk.path)].map(({ name }) => name), ["filler"]);
});

Deno.test("doctor --json prints the findings as JSON", async () => {
  await using daemon = await startDaemon();
  const findings = JSON.parse((await at(daemon)(["doctor", "--json"])).stdout);
  assertEquals(Object.keys(findings[0]), ["check", "verdict", "text"]);
});

Deno.test("formatTable() cuts lines to the width, and formatAge() uses one unit", () => {
  const rows = [["ID", "COMMAND"], ["a", "x".repeat(50)]];
  assertEquals(formatTable(rows, 20), `ID  COMMAND\na   ${"x".repeat(15)}…`);
  assertEquals(formatTable(rows, Infinity).split("\n")[1]!.length, 54);
  assertEquals([5, 65, 7_300, 200_000].map(formatAge), ["5s", "1m", "2h", "2d"]);
});

const COMPLETE: Readonly<Record<string, (script: string) => [string, string[]]>> = {
  bash: (script) => ["bash", [
    "-c",
    `source ${script}; COMP_WORDS=(claustrum st); COMP_CWORD=1; _claustrum; echo "\${COMPREPLY[@]}"
     COMP_WORDS=(claustrum logs --f); COMP_CWORD=2; _claustrum; echo "\${COMPREPLY[@]}"`,
  ]],
  zsh: (script) => ["zsh", [
    "-fc",
    `autoload -U compinit; compinit -u -d ${script}.dump; source ${script}
     compadd() { shift; print -l -- "$@" | grep -- --f; }; _describe() { print -l -- $names | grep -o '^st[a-z]*'; }
     words=(claustrum st) CURRENT=2 _claustrum | xargs; words=(claustrum logs --f) CURRENT=3 _claustrum | xargs`,
  ]],
  fish: (script) => ["fish", [
    "--no-config",
    "-c",
    `source ${script}; complete -C 'claustrum st' | cut -f1 | sort | xargs; complete -C 'claustrum logs --f' | cut -f1`,
  ]],
};

for (const [shell, command] of Object.entries(COMPLETE)) {
  Deno.test(`the completions for ${shell} complete commands and flags`, async () => {
    await using home = await testHome();
    const script = `${home.path}/script`;
    const { code, stdout } = await claustrum(home.path, ["completions", shell]);
    assertEquals(code, 0);
    await Deno.writeTextFile(script, stdout);
    const [program, args] = command(script);
    const ran = await new Deno.Command(program, { args, env: { HOME: home.path }, stdin: "null" }).output();
    const decoder = new TextDecoder();
    const lines = decoder.decode(ran.stdout).trim().split("\n");
    assertEquals(lines.map((line) => line.trim()), ["start status stop", "--follow"], decoder.decode(ran.stderr));
  });
}

Deno.test("every command that help lists has help with exit codes and examples", async () => {
  const { stdout } = await claustrum("/nonexistent", ["help"]);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name!);
  assertEquals(names, Object.keys(PROGRAM.commands));
  for (const [name, { load }] of Object.entries(PROGRAM.commands)) {
    const node = (await load()).default;
    if (isGroup(node)) continue; // its commands have exit codes
    assert(node.exitCodes !== "", name);
    assert(node.examples.length > 0 || name === "version", name);
  }
  const help = await claustrum("/nonexistent", ["ps", "--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /^claustrum ps [^]*\nExit code: [^]*\nExamples:\n[^]*\nNext: claustrum attach ID, /);
});
