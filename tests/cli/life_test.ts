import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandHelp } from "../../lib/cli/help.ts";
import { isGroup } from "../../lib/cli/command.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { claustrum, type CommandResult } from "../helpers/command.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** Returns a function that runs a command line against a daemon. */
function at(daemon: TestDaemon) {
  return (command: string, ...args: string[]): Promise<CommandResult> =>
    claustrum(daemon.directory, [command, "--socket", daemon.socket, ...args]);
}

interface Listed {
  readonly id: string;
  readonly pid: number;
  readonly running: boolean;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly restarts?: number;
}

/** Starts processes without the tool, which is slower. */
async function spawnAll(daemon: TestDaemon, scripts: Record<string, string>, more = {}): Promise<void> {
  using client = await daemon.connect();
  for (const [id, script] of Object.entries(scripts)) {
    const { error } = await client.call("process.spawn", { id, command: "sh", args: ["-c", script], ...more });
    assertEquals(error, undefined);
  }
}

async function list(daemon: TestDaemon): Promise<Listed[]> {
  using client = await daemon.connect();
  return (await client.call("process.list", {})).result!.processes as Listed[];
}

async function ended(daemon: TestDaemon, count: number): Promise<void> {
  await waitFor("the ends", async () => (await list(daemon)).filter(({ running }) => !running).length === count);
}

const DEAF = "trap '' TERM; echo deaf; while :; do sleep 0.01; done";
const IDLE = "exec sleep 1000";

Deno.test("run --id refuses the id of a running process, and --replace kills that one", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { a: IDLE, old: "exit 0" });
  await ended(daemon, 1);
  const [before] = await list(daemon);
  const refused = await run("run", "--id", "a", "--", "echo", "hi");
  assertEquals([refused.code, refused.stdout], [125, ""]);
  assertMatch(
    refused.stderr,
    /^claustrum: process "a" is running: choose another --id, .*--replace, which kills it\n$/,
  );
  assert(isAlive(before!.pid));
  assertEquals(await run("run", "--id", "old", "--", "echo", "hi"), { code: 0, stdout: "hi\n", stderr: "" });
  assertEquals((await run("run", "--id", "a", "--replace", "--", "echo", "new")).stdout, "new\n");
  assert(!isAlive(before!.pid));
});

Deno.test("run --restart starts a command again until it succeeds, and prints the output of all runs", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  const script = `echo run; [ -e ${daemon.directory}/second ] && exit 0; touch ${daemon.directory}/second; exit 3`;
  assertEquals(await run("run", "--restart", "on-failure", "--id", "p", "--", "sh", "-c", script), {
    code: 0,
    stdout: "run\nrun\n",
    stderr: "",
  });
  assertMatch((await run("ps")).stdout, /^ID .* RESTART .*\np .* on-failure 1x /);
  const wrong = await run("run", "--restart", "often", "--", "true");
  assertEquals([wrong.code, wrong.stderr.includes('on-failure:N, not "often"')], [125, true]);
});

Deno.test("kill ends a process for good that is started again by its policy, and ps shows when it waits", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { crashing: "exit 3", steady: IDLE }, { restart: "always" });
  await waitFor("some restarts", async () => ((await list(daemon))[0]?.restarts ?? 0) >= 2);
  assertMatch((await run("ps")).stdout, /^crashing .* (restart in \ds|running|exit 3) .* always \dx /m);
  assertEquals(await run("kill", "crashing", "steady", "--timeout", "10"), { code: 0, stdout: "", stderr: "" });
  assertEquals((await list(daemon)).map(({ running }) => running), [false, false]);
});

Deno.test("kill takes several ids, -9, a signal in any case and a number", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { a: DEAF, b: DEAF, c: IDLE, d: IDLE });
  const codes = await Promise.all([
    run("kill", "-9", "a", "b"),
    run("kill", "-s", "int", "c"),
    run("kill", "-s", "1", "d"),
  ]);
  assertEquals(codes.map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""], [0, ""]]);
  await ended(daemon, 4);
  assertEquals((await list(daemon)).map(({ signal }) => signal), ["SIGKILL", "SIGKILL", "SIGINT", "SIGHUP"]);
});

Deno.test("kill --timeout returns when the process has ended, by SIGKILL if it does not obey", async () => {
  await using daemon = await startDaemon();
  await spawnAll(daemon, { deaf: DEAF });
  assertEquals((await at(daemon)("kill", "deaf", "--timeout", "0.05")).code, 0);
  assertEquals((await list(daemon)).map(({ running, signal }) => [running, signal]), [[false, "SIGKILL"]]);
});

Deno.test("a unique beginning of an id is enough, and the command says which one it has taken", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { "build-1": "echo one; exec sleep 1000", "build-2": IDLE, "hub/x": IDLE });
  const several = await run("kill", "build");
  assertEquals([several.code, several.stderr], [1, 'claustrum: 2 ids begin with "build": build-1, build-2\n']);
  assertEquals((await run("logs", "build-1")).stdout, "one\n");
  const [killed, none] = await Promise.all([run("kill", "--wait", "build-2"), run("kill", "h")]);
  assertEquals([killed.code, none.code, none.stderr], [0, 1, 'claustrum: there is no process "h": see claustrum ps\n']);
  const last = await run("rm", "--force", "b", "build-2");
  assertMatch(last.stderr, /^claustrum: 2 ids begin with "b"/);
  assertEquals((await run("kill", "--wait", "build-")).code, 1);
  assertEquals((await run("rm", "build-2")).code, 0);
  assertEquals(await run("kill", "--wait", "b"), {
    code: 0,
    stdout: "",
    stderr: 'claustrum: "b" is the process "build-1"\n',
  });
});

Deno.test("every command that takes ids takes the beginning of one, and what ps shows of it", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  const ended = { attach: "echo a; exit 3", logs: "echo l", wait: "exit 4", rm: "exit 0" };
  const running = { inspect: IDLE, exec: IDLE, rename: IDLE, kill: IDLE, stop: IDLE, restart: IDLE };
  const long = `\x1b[31mred\u202e\n${"x".repeat(40)}`;
  const named = Object.entries({ ...ended, ...running }).map(([name, script]) => [`${name}-1`, script] as const);
  await spawnAll(daemon, { ...Object.fromEntries(named), [long]: IDLE });
  const before = await list(daemon);
  const results = await Promise.all([
    run("attach", "att"),
    run("logs", "lo"),
    run("wait", "w", "wait-1"),
    run("rm", "rm-"),
    run("inspect", "insp"),
    run("exec", "exe", "--", "echo", "e"),
    run("rename", "ren", "new"),
    run("kill", "--wait", "k", "kill-1"),
    run("stop", "--timeout", "5", "st", "stop-1"),
    run("restart", "res"),
    run("inspect", "^[[31mred\\u202e^Jxxx…"),
  ]);
  assertEquals(results.map(({ code }) => code), [3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0], JSON.stringify(results));
  assertEquals([results[0].stdout, results[1].stdout, results[5].stdout], ["a\n", "l\n", "e\n"]);
  assertMatch(results[10].stdout, /^id +\^\[\[31mred\\u202e\^Jx{40}\n/);
  const after = new Map((await list(daemon)).map((process) => [process.id, process]));
  assertEquals([after.has("rm-1"), after.has("rename-1"), after.get("new")?.running], [false, false, true]);
  assertEquals(["kill-1", "stop-1"].map((id) => after.get(id)?.signal), ["SIGTERM", "SIGTERM"]);
  const pidBefore = before.find(({ id }) => id === "restart-1")?.pid;
  assertEquals(after.get("restart-1")?.pid === pidBefore, false);
});

Deno.test("stop ends a process and its group, by SIGKILL if it does not obey, and leaves the daemon running", async () => {
  await using daemon = await startDaemon();
  await spawnAll(daemon, { deaf: DEAF, parent: "sleep 1000 & echo $!; wait" });
  const child = await waitFor(
    "the child",
    async () => Number((await at(daemon)("logs", "parent")).stdout) || undefined,
  );
  assertEquals(await at(daemon)("stop", "deaf", "parent", "--timeout", "0.05"), { code: 0, stdout: "", stderr: "" });
  assertEquals((await list(daemon)).map(({ running }) => running), [false, false]);
  await waitFor("the child to end", () => !isAlive(child));
  assert(isAlive(daemon.pid));
});

Deno.test("wait exits with the code of the last process when all have ended", async () => {
  await using daemon = await startDaemon();
  const gate = `${daemon.directory}/go`;
  const until = `until [ -e ${gate} ]; do sleep 0.01; done`;
  await spawnAll(daemon, { a: `echo out; ${until}; exit 4`, b: "exit 3", c: "kill -9 $$" });
  const waits = [["a", "b"], ["b", "a"], ["c"]].map((ids) => at(daemon)("wait", ...ids));
  let count = 0;
  for (const wait of waits) void wait.then(() => count++);
  assertEquals((await waits[2]!).code, 137);
  assertEquals(count, 1);
  await Deno.writeTextFile(gate, "");
  assertEquals((await Promise.all(waits)).map(({ code, stdout }) => [code, stdout]), [[3, ""], [4, ""], [137, ""]]);
});

Deno.test("rm forgets ended processes and refuses running ones, except with --force", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { a: "exit 0", b: IDLE });
  await ended(daemon, 1);
  const { code, stderr } = await run("rm", "a", "b");
  assertEquals([code, stderr], [
    1,
    'claustrum: process "b" is running: end it with claustrum kill b, or add --force\n',
  ]);
  assertEquals((await list(daemon)).map(({ id }) => id), ["b"]);
  await spawnAll(daemon, { twice: "exit 0" });
  await ended(daemon, 1);
  assertEquals(await run("rm", "twice", "twice"), { code: 0, stdout: "", stderr: "" });
  assertEquals((await run("rm", "--force", "b", "b")).code, 0);
  assertEquals(await list(daemon), []);
});

Deno.test("prune forgets all ended processes but those of a hub", async () => {
  await using daemon = await startDaemon();
  await spawnAll(daemon, { a: "exit 0", b: "exit 1", "session/x/1": "exit 0", "hub/y": "exit 0", c: IDLE });
  await ended(daemon, 4);
  assertEquals(await at(daemon)("prune"), { code: 0, stdout: "2 processes forgotten\n", stderr: "" });
  assertEquals((await list(daemon)).map(({ id }) => id), ["session/x/1", "hub/y", "c"]);
});

Deno.test("rename gives a process another id, and frees the old one", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { a: "echo mine; exec sleep 1000", b: IDLE });
  const taken = await run("rename", "a", "b");
  assertEquals([taken.code, taken.stderr], [1, 'claustrum: "b" is the id of another process: choose another one\n']);
  assertEquals((await run("rename", "a", "web")).code, 0);
  assertEquals((await run("logs", "web")).stdout, "mine\n");
  assertEquals((await run("run", "--id", "a", "--", "echo", "other")).stdout, "other\n");
  assertEquals((await list(daemon)).map(({ id, running }) => [id, running]), [["web", true], ["b", true], [
    "a",
    false,
  ]]);
});

Deno.test("restart starts a running process again in the same place, and an ended one anew", async () => {
  await using daemon = await startDaemon();
  await spawnAll(daemon, { web: "echo $V; pwd; exec sleep 1000", done: "echo $V" }, { cwd: "/", env: { V: "v" } });
  await ended(daemon, 1);
  const before = await list(daemon);
  assertEquals(await at(daemon)("restart", "web", "done", "--timeout", "10"), { code: 0, stdout: "", stderr: "" });
  const after = await list(daemon);
  assertEquals(after.map(({ id }, i) => [id, after[i]!.pid === before[i]!.pid]), [["web", false], ["done", false]]);
  const logs = async (id: string) => (await at(daemon)("logs", id)).stdout;
  await waitFor("the output", async () => await logs("web") === "v\n/\nv\n/\n");
  await ended(daemon, 1);
  assertEquals(await logs("done"), "v\n");
});

Deno.test("exec runs a command in the directory and environment of a process", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { web: IDLE }, { cwd: "/usr", env: { V: "v", W: "w" } });
  const script = 'echo "$V $W $PWD"; cat; exit 5';
  assertEquals(
    await claustrum(daemon.directory, [
      ...["exec", "--socket", daemon.socket, "--env", "W=mine", "web", "--", "sh", "-c", script],
    ], { stdin: "in" }),
    { code: 5, stdout: "v mine /usr\nin", stderr: "" },
  );
  assertEquals((await run("exec", "nobody", "--", "true")).code, 125);
  assertEquals(await run("exec", "--rm", "web", "echo", "-n", "--", "a"), { code: 0, stdout: "-- a", stderr: "" });
  assertEquals((await list(daemon)).filter(({ running }) => !running).length, 1);
});

Deno.test("exec --detach prints the id of the command and returns while it runs", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { web: IDLE }, { env: { V: "v" } });
  const { code, stdout, stderr } = await run("exec", "-d", "web", "--", "sh", "-c", 'echo "$V"; exec sleep 1000');
  assertEquals([code, stderr], [0, ""]);
  assertEquals((await list(daemon)).map(({ id, running }) => [id, running]), [["web", true], [stdout.trim(), true]]);
  await waitFor("the output", async () => (await run("logs", stdout.trim())).stdout === "v\n");
});

Deno.test("run and exec refuse flags that need another one, and say what to do", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { web: IDLE });
  for (const [command, ...args] of [["run", "-d", "--rm", "true"], ["exec", "-d", "--rm", "web", "true"]] as const) {
    const { code, stderr } = await run(command, ...args);
    assertEquals(code, 125);
    assertMatch(stderr, /^claustrum: --rm needs .*: leave out --detach or --rm; .* claustrum rm ID\n$/);
  }
  const { code, stderr } = await run("run", "--replace", "--", "true");
  assertEquals(code, 125);
  assertMatch(stderr, /^claustrum: --replace needs the id .*: add --id ID; claustrum ps lists them\n$/);
  assertEquals((await list(daemon)).map(({ id }) => id), ["web"]);
});

Deno.test("exec finds a command on the PATH of the process, in its directory and without a trace", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  const bin = `${daemon.directory}/two bin`;
  await Deno.mkdir(bin);
  await Deno.writeTextFile(`${bin}/greet`, "#!/bin/sh\necho hello $1\n", { mode: 0o755 });
  await spawnAll(daemon, { web: IDLE }, { cwd: daemon.directory, env: { PATH: `./nowhere:${bin}:/usr/bin:/bin` } });
  await spawnAll(daemon, { here: IDLE }, { cwd: bin, env: { PATH: ":/usr/bin:/bin" } });
  assertEquals(await run("exec", "--rm", "web", "--", "greet", "you"), { code: 0, stdout: "hello you\n", stderr: "" });
  assertEquals((await run("exec", "--rm", "here", "--", "greet", "you")).stdout, "hello you\n");
  const missing = await run("exec", "--clean-env", "web", "--", "greet");
  assertEquals([missing.code, missing.stderr], [127, 'claustrum: exec: "greet": executable file not found in $PATH\n']);
  assertEquals((await list(daemon)).map(({ id }) => id), ["web", "here"]);
});

Deno.test("run and exec find a relative directory where they are called, and not where the daemon runs", async () => {
  await using daemon = await startDaemon();
  await spawnAll(daemon, { web: IDLE });
  const cwd = `${daemon.directory}/here`;
  await Deno.mkdir(`${cwd}/below`, { recursive: true });
  const call = (...args: string[]) =>
    claustrum(daemon.directory, [args[0]!, "--socket", daemon.socket, ...args.slice(1)], { cwd });
  const [below, here] = [`${await Deno.realPath(cwd)}/below\n`, `${await Deno.realPath(cwd)}\n`];
  const [run, exec, inTerminal] = await Promise.all([
    call("run", "--cwd", "below", "--", "pwd", "-P"),
    call("exec", "-w", ".", "web", "--", "pwd", "-P"),
    call("run", "-t", "--cwd", "./below/..", "--", "pwd", "-P"),
  ]);
  assertEquals([run.stdout, exec.stdout, inTerminal.stdout.replaceAll("\r", "")], [below, here, here]);
});

Deno.test("inspect shows a process as text and as JSON, with its environment only when asked", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  await spawnAll(daemon, { web: IDLE }, { cwd: "/usr", env: { SECRET: "s" }, restart: "on-failure:3" });
  const [text, json, withEnv] = await Promise.all([
    run("inspect", "web"),
    run("inspect", "web", "--json"),
    run("inspect", "web", "--env", "--json"),
  ]);
  assertMatch(text.stdout, /^id +web\nstate +running\npid +\d+\n/);
  assertStringIncludes(text.stdout, "directory  /usr\n");
  assertStringIncludes(text.stdout, "restart    on-failure:3\n");
  assertEquals((text.stdout + json.stdout).includes("SECRET"), false);
  assertEquals([JSON.parse(json.stdout).cwd, JSON.parse(withEnv.stdout).env.SECRET], ["/usr", "s"]);
});

for (const columns of [80, 50]) {
  Deno.test(`the help of commands for processes fits ${columns} columns`, async () => {
    for (const name of ["run", "kill", "restart", "wait", "exec", "inspect", "rename", "rm", "prune", "ps"]) {
      const command = (await PROGRAM.commands[name]!.load()).default;
      if (isGroup(command)) throw new TypeError(`${name} is a group`);
      const help = commandHelp(command, columns);
      assertEquals(help.split("\n").filter((line) => line.length > columns), [], name);
    }
  });
}

Deno.test("commands say that a daemon is too old for them", async () => {
  await using daemon = await oldDaemon();
  const run = (...args: string[]) =>
    claustrum(daemon.directory, [args[0]!, "--socket", daemon.socket, ...args.slice(1)], {
      env: { CLAUDE_RPC_TOKEN: "token" },
    });
  const refused = await Promise.all([
    run("rename", "a", "b"),
    run("restart", "a"),
    run("exec", "a", "--", "true"),
    run("run", "--restart", "always", "--", "true"),
  ]);
  const hint = "upgrade it with claustrum serve --replace --handover\n";
  assertEquals(refused.map(({ code, stderr }) => [code, stderr]), [
    [1, `claustrum: the daemon is too old to rename a process: ${hint}`],
    [1, `claustrum: the daemon is too old to restart a process: ${hint}`],
    [125, `claustrum: the daemon is too old to run a command in the place of a process: ${hint}`],
    [125, `claustrum: the daemon is too old to restart processes: ${hint}`],
  ]);
});

/** Starts a daemon that knows the methods that were there before. */
async function oldDaemon() {
  const directory = await tempDir();
  const socket = `${directory.path}/rpc.sock`;
  const listener = Deno.listen({ transport: "unix", path: socket });
  const process = { id: "a", command: "cat", args: [], cwd: "", pid: 1, startTime: 1, running: true };
  const results: Record<string, unknown> = {
    "server.ping": { pong: true },
    "server.capabilities": { extensions: ["process.list"] },
    "process.list": { processes: [process] },
  };
  const answer = async (conn: Deno.Conn) => {
    const lines = conn.readable.pipeThrough(new TextDecoderStream()).pipeThrough(
      new TransformStream<string, string>({
        transform: (text, out) => text.trim().split("\n").forEach((l) => out.enqueue(l)),
      }),
    );
    const writer = conn.writable.getWriter();
    for await (const line of lines) {
      const { id, method } = JSON.parse(line);
      const result = results[method];
      const rest = result === undefined
        ? { error: { code: -32601, message: `Unknown method: ${method}` } }
        : { result };
      await writer.write(new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", id, ...rest }) + "\n"));
    }
    await writer.close();
  };
  const serving = (async () => {
    const answers: Promise<void>[] = [];
    for await (const conn of listener) answers.push(answer(conn));
    await Promise.all(answers);
  })();
  return {
    directory: directory.path,
    socket,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      await directory[Symbol.asyncDispose]();
    },
  };
}
