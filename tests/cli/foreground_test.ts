import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect } from "../../mod.ts";
import { exitCodeOf, startErrorCode } from "../../lib/cli/exit_code.ts";
import { formatAttachCommand } from "../../lib/cli/foreground_session.ts";
import { type ForegroundSignal, SignalPolicy } from "../../lib/cli/signal_policy.ts";
import { claustrum } from "../helpers/command.ts";
import { CLI, plainEnvironment, startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { hasSsh, type SshServer, startSshServer } from "../helpers/ssh_server.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { soon, waitFor } from "../helpers/wait.ts";

/** A script that echoes its stdin and reports the end of stdin and each signal. Only SIGKILL ends it. */
const AGENT = `trap 'echo got HUP' HUP; trap 'echo got TERM' TERM; trap 'echo got INT' INT
exec 3<&0; (while read line; do echo "heard $line"; done; echo ended; kill -9 $$) <&3 &
echo ready; while :; do sleep 0.01; done`;

/** Returns a command line of claustrum, quoted for a shell. */
function commandLine(daemon: TestDaemon, ...args: string[]): string {
  const variables = Object.entries(plainEnvironment(daemon.directory)).map(([name, value]) => `${name}='${value}'`);
  const [name, ...rest] = args;
  const words = [Deno.execPath(), "run", "-A", "--quiet", CLI, name!, "--socket", daemon.socket, ...rest];
  return `env ${variables.join(" ")} ${words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ")}`;
}

interface State {
  readonly running: boolean;
  readonly attached: boolean;
  readonly output: string;
}

/** Asks the daemon for the state and the output of a process; `undefined` before it is started. */
async function stateOf(daemon: TestDaemon, id: string): Promise<State | undefined> {
  using client = await daemon.connect();
  const { result } = await client.call("process.list", {});
  const found = (result!.processes as { id: string; running: boolean; attached: boolean }[]).find((p) => p.id === id);
  if (found === undefined) return undefined;
  const asked = await client.send("process.reattach", { id, observe: true });
  const frames = await client.until((message) => message.id === asked);
  return { ...found, output: frames.map(({ data = "" }) => atob(data)).join("") };
}

/** Waits until no client is attached. */
async function detached(daemon: TestDaemon, id: string): Promise<State> {
  return await waitFor("all clients to detach", async () => {
    const state = await stateOf(daemon, id);
    return state?.attached === false ? state : undefined;
  });
}

/** Asserts that the agent still runs and answers, and received neither a signal nor the end of stdin. */
async function assertUnharmed(daemon: TestDaemon, id: string): Promise<void> {
  assertEquals((await detached(daemon, id)).running, true);
  using client = await daemon.connect();
  await client.call("process.stdin", { id, data: btoa("still there?\n") });
  const state = await waitFor("an answer", async () => {
    const state = await stateOf(daemon, id);
    return state?.output.includes("heard still there?") ? state : undefined;
  });
  for (const harm of ["ended", "got"]) assert(!state.output.includes(harm), state.output);
  await client.call("process.killAndWait", { id, signal: "KILL" });
}

async function startAgent(daemon: TestDaemon, id: string): Promise<void> {
  using client = await daemon.connect();
  await client.call("process.spawn", { id, command: "sh", args: ["-c", AGENT] });
}

/** Waits until a client is attached and the process has printed `ready`. */
async function attached(daemon: TestDaemon, id: string): Promise<void> {
  await waitFor("a client to be attached", async () => {
    const state = await stateOf(daemon, id);
    return state?.attached === true && state.output.includes("ready");
  });
}

/** Starts a program with a piped stdin, and discards its output. */
function spawnQuietly(program: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "null", stderr: "null" }).spawn();
}

/** Starts a program with piped standard streams. */
function spawnPiped(program: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
}

/** The arguments of a command that starts the agent as `job`, or attaches to it. */
function agentArgs(name: "run" | "attach"): string[] {
  return name === "run" ? ["run", "--id", "job", "--", "sh", "-c", AGENT] : ["attach", "job"];
}

/** Runs a command line over SSH, and kills the SSH client once the command is attached to the process `job`. */
async function killSshClient(server: SshServer, daemon: TestDaemon, option: string, line: string): Promise<void> {
  const [program, args] = server.client(option);
  const ssh = spawnQuietly(program, [...args, line]);
  await attached(daemon, "job");
  ssh.kill("SIGKILL");
  await ssh.status;
  await ssh.stdin.abort();
}

function testOverSsh(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needing(name, hasSsh(), "openssh-server"), fn });
}

function testWithTmux(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needing(name, findProgram("tmux") !== undefined, "tmux"), fn });
}

for (const [how, option] of [["without a terminal", "-T"], ["with a terminal", "-tt"]] as const) {
  for (const name of ["run", "attach"] as const) {
    testOverSsh(`${name} over SSH ${how} detaches when the client is killed`, async () => {
      await using daemon = await startDaemon();
      if (name === "attach") await startAgent(daemon, "job");
      await using server = await startSshServer();
      await killSshClient(server, daemon, option, commandLine(daemon, ...agentArgs(name)));
      await assertUnharmed(daemon, "job");
    });
  }
}

testOverSsh("run over SSH detaches when the client is killed and sudo has cleared the environment", async () => {
  await using daemon = await startDaemon();
  await using server = await startSshServer();
  await killSshClient(server, daemon, "-T", `env -u SSH_CONNECTION ${commandLine(daemon, ...agentArgs("run"))}`);
  await assertUnharmed(daemon, "job");
});

testOverSsh("run over SSH detaches when the client is killed while the process prints", async () => {
  await using daemon = await startDaemon();
  const script = "trap 'echo got TERM; exit' TERM; while :; do echo ready; sleep 0.01; done";
  await using server = await startSshServer();
  await killSshClient(server, daemon, "-T", commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", script));
  const { running, output } = await detached(daemon, "job");
  assertEquals([running, output.includes("got TERM")], [true, false]);
});

testOverSsh("run over SSH forwards the end of stdin", async () => {
  await using daemon = await startDaemon();
  await using server = await startSshServer();
  const [program, args] = server.client("-T");
  const ssh = spawnPiped(program, [...args, commandLine(daemon, "run", "--", "sh", "-c", "cat; exit 5")]);
  const writer = ssh.stdin.getWriter();
  await writer.write(new TextEncoder().encode("all of it"));
  await writer.close();
  const { code, stdout } = await soon("the exit of ssh", ssh.output());
  assertEquals([code, new TextDecoder().decode(stdout)], [5, "all of it"]);
});

testOverSsh("run over SSH ends its process when the next command of a pipeline exits", async () => {
  await using daemon = await startDaemon();
  await using server = await startSshServer();
  const [program, args] = server.client("-T");
  const pipeline = `${commandLine(daemon, "run", "--id", "job", "--", "yes")} | head -n 1`;
  const ssh = new Deno.Command(program, { args: [...args, pipeline], stdin: "null" });
  const { stdout } = await soon("the pipeline", ssh.output());
  assertEquals([new TextDecoder().decode(stdout), (await stateOf(daemon, "job"))?.running], ["y\n", false]);
});

for (const name of ["run", "attach"] as const) {
  for (const how of ["close", "crash"] as const) {
    const event = how === "close" ? "its window is closed" : "its terminal is killed";
    testWithTmux(`${name} detaches when ${event}`, async () => {
      await using daemon = await startDaemon();
      if (name === "attach") await startAgent(daemon, "job");
      await using terminal = await openTerminal(commandLine(daemon, ...agentArgs(name)));
      await attached(daemon, "job");
      await terminal[how]();
      await assertUnharmed(daemon, "job");
    });
  }
}

testWithTmux("attach forwards ctrl-C, detaches on the second one, and ignores ctrl-D", async () => {
  await using daemon = await startDaemon();
  await startAgent(daemon, "job");
  const command = `trap : INT; ${commandLine(daemon, "attach", "job")}; echo "code $?"; while :; do sleep 0.1; done`;
  await using terminal = await openTerminal(command);
  await attached(daemon, "job");
  await terminal.type("C-d", "C-c");
  await waitFor(
    "the process to get the signal",
    async () => (await stateOf(daemon, "job"))!.output.includes("got INT"),
  );
  await waitFor("attach to detach", async () => {
    await terminal.type("C-c");
    return (await stateOf(daemon, "job"))!.attached === false;
  });
  const screen = await waitFor("the exit of attach", async () => {
    const screen = await terminal.screen();
    return screen.includes("code") ? screen : undefined;
  });
  assertStringIncludes(
    screen.replaceAll("\n", ""),
    `attach again with: claustrum attach --socket ${daemon.socket} job`,
  );
  assertStringIncludes(screen, "code 0");
  assertEquals((await stateOf(daemon, "job"))!.output.includes("ended"), false);
});

Deno.test("attach leaves the process and its stdin alone when the reader of its output exits", async () => {
  await using daemon = await startDaemon();
  await startAgent(daemon, "job");
  const pipeline = `${commandLine(daemon, "attach", "job")} | head -n 1`;
  const shell = new Deno.Command("sh", { args: ["-c", pipeline], stdin: "piped", stdout: "piped" }).spawn();
  await attached(daemon, "job");
  // The reader exits after the first line, so writing a later one fails; the pipe takes what comes before that.
  using client = await daemon.connect();
  let isOver = false;
  const output = shell.output().finally(() => isOver = true);
  await waitFor("the pipeline", async () => {
    await client.call("process.stdin", { id: "job", data: btoa("a\n") });
    return isOver;
  });
  assertEquals(new TextDecoder().decode((await output).stdout), "ready\n");
  await shell.stdin.abort();
  await assertUnharmed(daemon, "job");
});

Deno.test("attach forwards the end of stdin only with --stdin-eof", async () => {
  await using daemon = await startDaemon();
  await startAgent(daemon, "job");
  const attach = (...flags: string[]) =>
    new Deno.Command("sh", {
      args: ["-c", `echo word | ${commandLine(daemon, "attach", "job", ...flags)}`],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  await using first = attach();
  await waitFor("the line", async () => (await stateOf(daemon, "job"))!.output.includes("heard word"));
  const second = await soon("the exit", attach("--stdin-eof").output());
  assertEquals([second.code, new TextDecoder().decode(second.stdout)], [137, "ready\nheard word\nheard word\nended\n"]);
  await soon("the exit", first.output());
});

Deno.test("run becomes an observer when another client attaches, and reports that once", async () => {
  await using daemon = await startDaemon();
  const child = spawnPiped("sh", [
    "-c",
    `exec ${commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", "echo ready; read x; exit 4")}`,
  ]);
  await attached(daemon, "job");
  const other = await soon(
    "its end",
    claustrum(daemon.directory, ["attach", "--socket", daemon.socket, "job"], { stdin: "go\n" }),
  );
  assertEquals([other.code, other.stdout], [4, "ready\n"]);
  await child.stdin.close();
  const { code, stdout, stderr } = await soon("the exit", child.output());
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stdout)], [4, "ready\n"]);
  assertEquals(
    decoder.decode(stderr),
    "claustrum: another client has attached; this one only shows the output from now on\n",
  );
});

Deno.test("run reports lost frames and continues when it falls behind as an observer", async () => {
  await using daemon = await startDaemon();
  const script = "echo ready; read x; head -c 40000000 /dev/zero; echo last; exit 4";
  const child = spawnPiped("sh", ["-c", `exec ${commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", script)}`]);
  await attached(daemon, "job");
  await using other = await connect({ socket: daemon.socket });
  const taken = await other.attach("job");
  await taken.stdin.getWriter().write(new TextEncoder().encode("go\n"));
  // The output of `run` is not read until the process has printed all of it.
  for await (const _ of taken.stdout) { /* discard */ }
  const { code, stdout, stderr } = await soon("the exit", child.output());
  await child.stdin.abort();
  assertEquals([code, new TextDecoder().decode(stdout.slice(-5))], [4, "last\n"]);
  assertStringIncludes(new TextDecoder().decode(stderr), "are lost");
});

Deno.test("run stops forwarding stdin, and keeps following, when another client writes to the process", async () => {
  await using daemon = await startDaemon();
  const script = 'echo ready; while read line; do echo "heard $line"; [ "$line" = end ] && exit 4; done';
  const child = new Deno.Command("sh", {
    args: ["-c", `exec ${commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", script)}`],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  await attached(daemon, "job");
  using other = await daemon.connect();
  await other.call("process.reattach", { id: "job" });
  await other.call("process.stdin", { id: "job", data: btoa("theirs\n") });
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("mine\n"));
  let stderr = "";
  const copied = child.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (stderr += text) }),
  );
  await waitFor("both messages", () => stderr.split("\n").length > 2);
  await other.call("process.stdin", { id: "job", data: btoa("end\n") });
  const { code } = await soon("the exit", child.status);
  await Promise.all([copied, writer.abort()]);
  assertEquals(code, 4);
  assertEquals(stderr.split("\n"), [
    "claustrum: another client has attached; this one only shows the output from now on",
    'claustrum: another client writes to the stdin of process "job": let only one client write; following without stdin',
    "",
  ]);
});

testWithTmux("run does not forward ctrl-D after another client has attached", async () => {
  await using daemon = await startDaemon();
  await using terminal = await openTerminal(commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", AGENT));
  await attached(daemon, "job");
  using other = await daemon.connect();
  await other.call("process.reattach", { id: "job" });
  await waitFor("the notice", async () => (await terminal.screen()).includes("another client has attached"));
  await terminal.type("C-d");
  await other.call("process.stdin", { id: "job", data: btoa("still there?\n") });
  await waitFor("an answer", async () => (await terminal.screen()).includes("heard still there?"));
  assertEquals((await stateOf(daemon, "job"))!.output.includes("ended"), false);
  await other.call("process.killAndWait", { id: "job", signal: "KILL" });
});

Deno.test("run treats stdin that is open for writing only, as under nohup, as ended", async () => {
  await using daemon = await startDaemon();
  const command = `${commandLine(daemon, "run", "--", "sh", "-c", "cat; exit 4")} 0> /dev/null`;
  const { code, stderr } = await soon("the exit", new Deno.Command("sh", { args: ["-c", command] }).output());
  assertEquals([code, new TextDecoder().decode(stderr)], [4, ""]);
});

Deno.test({
  ...needing(
    "run ignores the signals that it inherited as ignored, as under nohup",
    Deno.build.os === "linux",
    "Linux",
  ),
  async fn() {
    await using daemon = await startDaemon();
    const line = commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", AGENT);
    const child = spawnPiped("sh", ["-c", `trap '' HUP INT; exec ${line}`]);
    await attached(daemon, "job");
    child.kill("SIGHUP");
    child.kill("SIGINT");
    await child.stdin.close();
    const { code, stdout, stderr } = await soon("the exit", child.output());
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout), decoder.decode(stderr)], [137, "ready\nended\n", ""]);
  },
});

for (const name of ["run", "attach"] as const) {
  Deno.test(`${name} exits with 143 on ${name === "run" ? "the second" : "the first"} SIGTERM, and the process keeps running`, async () => {
    await using daemon = await startDaemon();
    if (name === "attach") await startAgent(daemon, "job");
    const child = spawnQuietly("sh", ["-c", `exec ${commandLine(daemon, ...agentArgs(name))}`]);
    await attached(daemon, "job");
    child.kill("SIGTERM");
    if (name === "run") {
      await waitFor(
        "the process to get the signal",
        async () => (await stateOf(daemon, "job"))!.output.includes("got TERM"),
      );
      child.kill("SIGTERM");
    }
    assertEquals((await soon("the exit", child.status)).code, 143);
    await child.stdin.abort();
    assertEquals((await stateOf(daemon, "job"))!.running, true);
  });
}

Deno.test("attach exits with the code of an ended process, even with --from at or after the last frame", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "sh", args: ["-c", "echo a; exit 6"] });
  const last = (await client.until(({ stream }) => stream === "exit")).at(-1)!.seq!;
  for (const from of [last, last + 100]) {
    const args = ["attach", "--socket", daemon.socket, "job", "--from", String(from)];
    assertEquals(await claustrum(daemon.directory, args), { code: 6, stdout: "", stderr: "" });
  }
});

for (
  const [what, args, code] of [
    ["a command that is not on the PATH", ["--", "no-such-command"], 127],
    ["a path that does not exist", ["--", "/no/such/command"], 127],
    ["a file that is not executable", ["--", "/etc/passwd"], 126],
    ["a directory", ["--", "/"], 126],
    ["a working directory that does not exist", ["--cwd", "/no/such/directory", "--", "true"], 125],
    ["an unknown flag", ["--no-such-flag", "--", "true"], 125],
    ["no command", [], 125],
    ["a variable without a value", ["--env", "novalue", "--", "true"], 125],
  ] as const
) {
  Deno.test(`run exits with ${code} for ${what}`, async () => {
    await using daemon = await startDaemon();
    assertEquals((await claustrum(daemon.directory, ["run", "--socket", daemon.socket, ...args])).code, code);
  });
}

Deno.test("run --no-start exits with 125 when no daemon is running", async () => {
  await using home = await testHome();
  const args = ["run", "--socket", home.socket, "--no-start", "--", "true"];
  assertEquals((await claustrum(home.path, args)).code, 125);
});

Deno.test("run exits with 125 and one message when the daemon refuses the token", async () => {
  await using daemon = await startDaemon();
  const env = { CLAUDE_RPC_TOKEN: "wrong" };
  const refused = await claustrum(daemon.directory, ["run", "--socket", daemon.socket, "--", "true"], { env });
  assertEquals([refused.code, refused.stderr.split("\n").length], [125, 2]);
});

for (const number of [1, 9, 15, 31, 35, 64]) {
  Deno.test(`run exits with 128 + ${number} when signal ${number} ends its process`, async () => {
    await using daemon = await startDaemon();
    const args = ["run", "--socket", daemon.socket, "--", "sh", "-c", `kill -${number} $$`];
    assertEquals((await claustrum(daemon.directory, args)).code, 128 + number);
  });
}

for (const flags of [[], ["--detach", "--stdin"]]) {
  Deno.test(`${["run", ...flags].join(" ")} ends its process and reports the cause when stdin is a directory`, async () => {
    await using daemon = await startDaemon();
    const command = `${commandLine(daemon, "run", "--id", "job", ...flags, "--", "cat")} < /`;
    const { code, stderr } = await soon("the exit", new Deno.Command("sh", { args: ["-c", command] }).output());
    const text = "claustrum: cannot read stdin: is a directory\n";
    assertEquals([code, new TextDecoder().decode(stderr)], [125, text]);
    assertEquals((await stateOf(daemon, "job"))!.running, false);
  });
}

Deno.test("attach continues without stdin when stdin is a directory", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "sh", args: ["-c", "echo a; exit 3"] });
  await client.until(({ stream }) => stream === "exit");
  const command = `${commandLine(daemon, "attach", "job")} < /`;
  const { code, stdout } = await soon("the exit", new Deno.Command("sh", { args: ["-c", command] }).output());
  assertEquals([code, new TextDecoder().decode(stdout)], [3, "a\n"]);
});

Deno.test("run detaches and reports the cause when its output cannot be written", async () => {
  await using daemon = await startDaemon();
  const command = `${
    commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", "echo a; exec sleep 1000")
  } > /dev/full`;
  const { code, stderr } = await soon("the exit", new Deno.Command("sh", { args: ["-c", command] }).output());
  const lines = new TextDecoder().decode(stderr).split("\n");
  assertEquals([code, lines[0]], [1, "claustrum: cannot write the output: no space left on device"]);
  assertStringIncludes(lines[1]!, 'detached from "job"');
  assertEquals((await stateOf(daemon, "job"))!.running, true);
});

Deno.test("run --detach --stdin forwards more than the buffers hold, even if the process prints it back", async () => {
  await using daemon = await startDaemon();
  const command = `head -c 30000000 /dev/zero | ${
    commandLine(daemon, "run", "-d", "--stdin", "--id", "job", "--", "cat")
  }`;
  const { code, stdout } = await soon("the exit", new Deno.Command("sh", { args: ["-c", command] }).output());
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "job\n"]);
});

Deno.test("exitCodeOf() returns 128 plus the number of a signal, with or without a name", async () => {
  const codes = [{ code: 0 }, { code: 7 }, { code: -1 }, { code: -1, signal: "SIGSYS" }, { code: -1, signal: "SIG35" }];
  assertEquals(await Promise.all(codes.map(exitCodeOf)), [0, 7, 255, 159, 163]);
  assertEquals(await exitCodeOf({ code: -1, signal: "SIGNEVER" }), 255);
});

Deno.test("startErrorCode() distinguishes a missing command from one that cannot be executed", () => {
  assertEquals(startErrorCode('exec: "x": executable file not found in $PATH'), 127);
  assertEquals(startErrorCode("fork/exec /x: no such file or directory"), 127);
  assertEquals(startErrorCode("fork/exec /x: exec format error"), 126);
  assertEquals(startErrorCode('exec: "x": cannot run executable found relative to current directory'), 126);
  assertEquals(startErrorCode("chdir /x: stat /x: no such file or directory"), 125);
});

Deno.test("formatAttachCommand() quotes spaces and quotation marks", () => {
  assertEquals(formatAttachCommand("job", "/s", true), "claustrum attach job");
  assertEquals(formatAttachCommand("a b", "/it's", false), `claustrum attach --socket '/it'\\''s' 'a b'`);
});

const BOTH: readonly ForegroundSignal[] = ["SIGINT", "SIGTERM"];

/** Returns what a policy decides on each signal at its time, in milliseconds. */
function decisions(
  forwarded: readonly ForegroundSignal[],
  ...signals: (readonly [ForegroundSignal, number])[]
): string[] {
  let now = 0;
  const policy = new SignalPolicy(() => now);
  return signals.map(([signal, at]) => {
    now = at;
    const action = policy.decide(signal, forwarded);
    return "code" in action ? `${action.kind} ${action.code}` : action.kind;
  });
}

Deno.test("SignalPolicy forwards interrupts, and detaches on two within a second", () => {
  assertEquals(decisions(BOTH, ["SIGINT", 0], ["SIGINT", 1_500], ["SIGINT", 2_000]), [
    "forward",
    "forward",
    "detach 0",
  ]);
});

Deno.test("SignalPolicy detaches on the second SIGTERM and exits on the third", () => {
  const signals = [["SIGTERM", 0], ["SIGTERM", 60_000], ["SIGTERM", 60_001]] as const;
  assertEquals(decisions(BOTH, ...signals), ["forward", "detach 143", "exit 143"]);
});

Deno.test("SignalPolicy detaches on SIGHUP and on signals that are not forwarded", () => {
  assertEquals(decisions(BOTH, ["SIGHUP", 0]), ["detach 129"]);
  assertEquals(decisions([], ["SIGINT", 0]), ["detach 0"]);
  assertEquals(decisions(["SIGINT"], ["SIGTERM", 0]), ["detach 143"]);
});

Deno.test("SignalPolicy exits on an interrupt more than a second after it detached", () => {
  const signals = [["SIGINT", 0], ["SIGINT", 500], ["SIGINT", 900], ["SIGINT", 1_600]] as const;
  assertEquals(decisions(BOTH, ...signals), ["forward", "detach 0", "ignore", "exit 130"]);
});
