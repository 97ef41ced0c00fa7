import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect } from "../../mod.ts";
import { exitCodeOf, startErrorCode } from "../../lib/cli/exit_code.ts";
import { formatAttachCommand } from "../../lib/cli/foreground_session.ts";
import { type ForegroundSignal, SignalPolicy } from "../../lib/cli/signal_policy.ts";
import { claustrum } from "../helpers/command.ts";
import { CLI, plainEnvironment, startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { hasSsh, startSshServer } from "../helpers/ssh_server.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { soon, waitFor } from "../helpers/wait.ts";

/** Repeats its stdin, and tells when that ends or a signal comes; no signal but SIGKILL ends it. */
const AGENT = `trap 'echo got HUP' HUP; trap 'echo got TERM' TERM; trap 'echo got INT' INT
exec 3<&0; (while read line; do echo "heard $line"; done; echo ended; kill -9 $$) <&3 &
echo ready; while :; do sleep 0.01; done`;

/** A command line for a shell. */
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

/** What the daemon knows of a process; `undefined` before it is started. */
async function stateOf(daemon: TestDaemon, id: string): Promise<State | undefined> {
  using client = await daemon.connect();
  const { result } = await client.call("process.list", {});
  const found = (result!.processes as { id: string; running: boolean; attached: boolean }[]).find((p) => p.id === id);
  if (found === undefined) return undefined;
  const asked = await client.send("process.reattach", { id, observe: true });
  const frames = await client.until((message) => message.id === asked);
  return { ...found, output: frames.map(({ data = "" }) => atob(data)).join("") };
}

async function detached(daemon: TestDaemon, id: string): Promise<State> {
  return await waitFor("nobody to be attached", async () => {
    const state = await stateOf(daemon, id);
    return state?.attached === false ? state : undefined;
  });
}

/** Shows that a process runs on and hears no end and no signal: it answers the next line. */
async function assertUnharmed(daemon: TestDaemon, id: string): Promise<void> {
  assertEquals((await detached(daemon, id)).running, true);
  using client = await daemon.connect();
  await client.call("process.stdin", { id, data: btoa("still there?\n") });
  const state = await waitFor("its answer", async () => {
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

/** Waits until a client is attached and has had its first output. */
async function attached(daemon: TestDaemon, id: string): Promise<void> {
  await waitFor("a client to be attached", async () => {
    const state = await stateOf(daemon, id);
    return state?.attached === true && state.output.includes("ready");
  });
}

for (const [how, options] of [["without a terminal", ["-T"]], ["with a terminal", ["-tt"]]] as const) {
  for (const name of ["run", "attach"]) {
    Deno.test({
      ...needing(`${name} over SSH ${how} detaches when the client is killed`, hasSsh(), "openssh-server"),
      async fn() {
        await using daemon = await startDaemon();
        await using server = await startSshServer();
        if (name === "attach") await startAgent(daemon, "job");
        const args = name === "run" ? ["run", "--id", "job", "--", "sh", "-c", AGENT] : ["attach", "job"];
        const [program, rest] = server.client(...options);
        const ssh = new Deno.Command(program, {
          args: [...rest, commandLine(daemon, ...args)],
          stdin: "piped",
          stdout: "null",
          stderr: "null",
        }).spawn();
        await attached(daemon, "job");
        ssh.kill("SIGKILL");
        await ssh.status;
        await ssh.stdin.abort();
        await assertUnharmed(daemon, "job");
      },
    });
  }
}

Deno.test({
  ...needing(
    "run over SSH detaches when the client is killed and sudo has cleared the environment",
    hasSsh(),
    "openssh-server",
  ),
  async fn() {
    await using daemon = await startDaemon();
    await using server = await startSshServer();
    const [program, rest] = server.client("-T");
    const line = commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", AGENT);
    const ssh = new Deno.Command(program, {
      args: [...rest, `env -u SSH_CONNECTION ${line}`],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await attached(daemon, "job");
    ssh.kill("SIGKILL");
    await ssh.status;
    await ssh.stdin.abort();
    await assertUnharmed(daemon, "job");
  },
});

Deno.test({
  ...needing("run over SSH detaches when the client is killed while it prints", hasSsh(), "openssh-server"),
  async fn() {
    await using daemon = await startDaemon();
    await using server = await startSshServer();
    const [program, rest] = server.client("-T");
    const script = "trap 'echo got TERM; exit' TERM; while :; do echo ready; sleep 0.01; done";
    const ssh = new Deno.Command(program, {
      args: [...rest, commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", script)],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await attached(daemon, "job");
    ssh.kill("SIGKILL");
    await ssh.status;
    await ssh.stdin.abort();
    const { running, output } = await detached(daemon, "job");
    assertEquals([running, output.includes("got TERM")], [true, false]);
  },
});

Deno.test({
  ...needing("run over SSH passes a real end of stdin on", hasSsh(), "openssh-server"),
  async fn() {
    await using daemon = await startDaemon();
    await using server = await startSshServer();
    const [program, rest] = server.client("-T");
    const ssh = new Deno.Command(program, {
      args: [...rest, commandLine(daemon, "run", "--", "sh", "-c", "cat; exit 5")],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = ssh.stdin.getWriter();
    await writer.write(new TextEncoder().encode("all of it"));
    await writer.close();
    const { code, stdout } = await soon("its end", ssh.output());
    assertEquals([code, new TextDecoder().decode(stdout)], [5, "all of it"]);
  },
});

Deno.test({
  ...needing("run over SSH ends its command when the next one in a pipeline does", hasSsh(), "openssh-server"),
  async fn() {
    await using daemon = await startDaemon();
    await using server = await startSshServer();
    const [program, rest] = server.client("-T");
    const pipeline = `${commandLine(daemon, "run", "--id", "job", "--", "yes")} | head -n 1`;
    const ssh = new Deno.Command(program, { args: [...rest, pipeline], stdin: "null" });
    const { stdout } = await soon("the pipeline", ssh.output());
    assertEquals([new TextDecoder().decode(stdout), (await stateOf(daemon, "job"))?.running], ["y\n", false]);
  },
});

for (const name of ["run", "attach"]) {
  for (const how of ["close", "crash"] as const) {
    const what = how === "close" ? "its window is closed" : "its terminal is killed";
    Deno.test({
      ...needing(`${name} detaches when ${what}`, findProgram("tmux") !== undefined, "tmux"),
      async fn() {
        await using daemon = await startDaemon();
        if (name === "attach") await startAgent(daemon, "job");
        const args = name === "run" ? ["run", "--id", "job", "--", "sh", "-c", AGENT] : ["attach", "job"];
        await using terminal = await openTerminal(commandLine(daemon, ...args));
        await attached(daemon, "job");
        await terminal[how]();
        await assertUnharmed(daemon, "job");
      },
    });
  }
}

Deno.test({
  ...needing("attach passes ctrl-C on, detaches on the second, and a typed ctrl-D ends nothing", true, "tmux"),
  async fn() {
    await using daemon = await startDaemon();
    await startAgent(daemon, "job");
    const command = `trap : INT; ${commandLine(daemon, "attach", "job")}; echo "code $?"; while :; do sleep 0.1; done`;
    await using terminal = await openTerminal(command);
    await attached(daemon, "job");
    await terminal.type("C-d", "C-c");
    await waitFor("the signal", async () => (await stateOf(daemon, "job"))!.output.includes("got INT"));
    await waitFor("it to detach", async () => {
      await terminal.type("C-c");
      return (await stateOf(daemon, "job"))!.attached === false;
    });
    const screen = await waitFor("its end", async () => {
      const screen = await terminal.screen();
      return screen.includes("code") ? screen : undefined;
    });
    assertStringIncludes(
      screen.replaceAll("\n", ""),
      `attach again with: claustrum attach --socket ${daemon.socket} job`,
    );
    assertStringIncludes(screen, "code 0");
    assertEquals((await stateOf(daemon, "job"))!.output.includes("ended"), false);
  },
});

Deno.test("attach neither ends nor feeds an end to the process when its reader goes", async () => {
  await using daemon = await startDaemon();
  await startAgent(daemon, "job");
  const pipeline = `${commandLine(daemon, "attach", "job")} | head -n 1`;
  const shell = new Deno.Command("sh", { args: ["-c", pipeline], stdin: "piped", stdout: "piped" }).spawn();
  await attached(daemon, "job");
  // The reader is gone after the first line; the next one shows that to the writer.
  using client = await daemon.connect();
  await client.call("process.stdin", { id: "job", data: btoa("a\nb\n") });
  const output = soon("the pipeline", shell.output());
  assertEquals(new TextDecoder().decode((await output).stdout), "ready\n");
  await shell.stdin.abort();
  await assertUnharmed(daemon, "job");
});

Deno.test("attach passes the end of stdin on only when it is asked to", async () => {
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
  const second = await soon("its end", attach("--stdin-eof").output());
  assertEquals([second.code, new TextDecoder().decode(second.stdout)], [137, "ready\nheard word\nheard word\nended\n"]);
  await soon("its end", first.output());
});

Deno.test("run goes on as an observer when another client attaches, says so once, and ends with the process", async () => {
  await using daemon = await startDaemon();
  const child = new Deno.Command("sh", {
    args: ["-c", `exec ${commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", "echo ready; read x; exit 4")}`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await attached(daemon, "job");
  const other = await soon(
    "its end",
    claustrum(daemon.directory, ["attach", "--socket", daemon.socket, "job"], { stdin: "go\n" }),
  );
  assertEquals([other.code, other.stdout], [4, "ready\n"]);
  await child.stdin.close();
  const { code, stdout, stderr } = await soon("its end", child.output());
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stdout)], [4, "ready\n"]);
  assertEquals(
    decoder.decode(stderr),
    "claustrum: another client has attached; this one only shows the output from now on\n",
  );
});

Deno.test("run says which frames are lost, and goes on, when it falls behind after another client has attached", async () => {
  await using daemon = await startDaemon();
  const script = "echo ready; read x; head -c 40000000 /dev/zero; echo last; exit 4";
  const child = new Deno.Command("sh", {
    args: ["-c", `exec ${commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", script)}`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await attached(daemon, "job");
  await using other = await connect({ socket: daemon.socket });
  const taken = await other.attach("job");
  await taken.stdin.getWriter().write(new TextEncoder().encode("go\n"));
  // Nothing of this one's output is read until all of it is printed.
  for await (const _ of taken.stdout) { /* it only has to be read */ }
  const { code, stdout, stderr } = await soon("its end", child.output());
  await child.stdin.abort();
  assertEquals([code, new TextDecoder().decode(stdout.slice(-5))], [4, "last\n"]);
  assertStringIncludes(new TextDecoder().decode(stderr), "are lost");
});

Deno.test("run follows without stdin, and leaves the process alone, when the client that attached also writes", async () => {
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
  let said = "";
  const saying = child.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (said += text) }),
  );
  await waitFor("both sentences", () => said.split("\n").length > 2);
  await other.call("process.stdin", { id: "job", data: btoa("end\n") });
  const { code } = await soon("its end", child.status);
  await Promise.all([saying, writer.abort()]);
  assertEquals(code, 4);
  assertEquals(said.split("\n"), [
    "claustrum: another client has attached; this one only shows the output from now on",
    'claustrum: another client writes to the stdin of process "job": let only one client write; following without stdin',
    "",
  ]);
});

Deno.test({
  ...needing("run passes no ctrl-D on after another client has attached", findProgram("tmux") !== undefined, "tmux"),
  async fn() {
    await using daemon = await startDaemon();
    await using terminal = await openTerminal(commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", AGENT));
    await attached(daemon, "job");
    using other = await daemon.connect();
    await other.call("process.reattach", { id: "job" });
    await waitFor("the notice", async () => (await terminal.screen()).includes("another client has attached"));
    await terminal.type("C-d");
    await other.call("process.stdin", { id: "job", data: btoa("still there?\n") });
    await waitFor("its answer", async () => (await terminal.screen()).includes("heard still there?"));
    assertEquals((await stateOf(daemon, "job"))!.output.includes("ended"), false);
    await other.call("process.killAndWait", { id: "job", signal: "KILL" });
  },
});

Deno.test("run takes stdin that is open for writing only, as nohup makes it, for one that has ended", async () => {
  await using daemon = await startDaemon();
  const command = `${commandLine(daemon, "run", "--", "sh", "-c", "cat; exit 4")} 0> /dev/null`;
  const { code, stderr } = await soon("its end", new Deno.Command("sh", { args: ["-c", command] }).output());
  assertEquals([code, new TextDecoder().decode(stderr)], [4, ""]);
});

Deno.test({
  ...needing("run leaves signals ignored that its caller ignores, as under nohup", Deno.build.os === "linux", "Linux"),
  async fn() {
    await using daemon = await startDaemon();
    const line = commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", AGENT);
    const child = new Deno.Command("sh", {
      args: ["-c", `trap '' HUP INT; exec ${line}`],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await attached(daemon, "job");
    child.kill("SIGHUP");
    child.kill("SIGINT");
    await child.stdin.close();
    const { code, stdout, stderr } = await soon("its end", child.output());
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout), decoder.decode(stderr)], [137, "ready\nended\n", ""]);
  },
});

for (const name of ["run", "attach"]) {
  Deno.test(`${name} ends with 143 on SIGTERM at the latest for the second time, and the process lives on`, async () => {
    await using daemon = await startDaemon();
    if (name === "attach") await startAgent(daemon, "job");
    const args = name === "run" ? ["run", "--id", "job", "--", "sh", "-c", AGENT] : ["attach", "job"];
    const child = new Deno.Command("sh", {
      args: ["-c", `exec ${commandLine(daemon, ...args)}`],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await attached(daemon, "job");
    child.kill("SIGTERM");
    if (name === "run") {
      await waitFor("the signal", async () => (await stateOf(daemon, "job"))!.output.includes("got TERM"));
      child.kill("SIGTERM");
    }
    assertEquals((await soon("its end", child.status)).code, 143);
    await child.stdin.abort();
    assertEquals((await stateOf(daemon, "job"))!.running, true);
  });
}

Deno.test("attach ends with the exit code of an ended process, from a seq at or after its last", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "sh", args: ["-c", "echo a; exit 6"] });
  const last = (await client.until(({ stream }) => stream === "exit")).at(-1)!.seq!;
  for (const from of [last, last + 100]) {
    const args = ["attach", "--socket", daemon.socket, "job", "--from", String(from)];
    assertEquals(await claustrum(daemon.directory, args), { code: 6, stdout: "", stderr: "" });
  }
});

Deno.test("run ends with 127, 126 and 125 where the command is missing, no program, or claustrum fails", async () => {
  await using daemon = await startDaemon();
  const run = (...args: string[]) => claustrum(daemon.directory, ["run", "--socket", daemon.socket, ...args]);
  assertEquals((await run("--", "no-such-command")).code, 127);
  assertEquals((await run("--", "/no/such/command")).code, 127);
  assertEquals((await run("--", "/etc/passwd")).code, 126);
  assertEquals((await run("--", "/")).code, 126);
  assertEquals((await run("--cwd", "/no/such/directory", "--", "true")).code, 125);
  assertEquals((await run("--no-such-flag", "--", "true")).code, 125);
  assertEquals((await run()).code, 125);
  assertEquals((await run("--env", "novalue", "--", "true")).code, 125);
  const none = ["run", "--socket", `${daemon.directory}/none/rpc.sock`, "--no-start", "--", "true"];
  assertEquals((await claustrum(daemon.directory, none)).code, 125);
  const env = { CLAUDE_RPC_TOKEN: "wrong" };
  const refused = await claustrum(daemon.directory, ["run", "--socket", daemon.socket, "--", "true"], { env });
  assertEquals([refused.code, refused.stderr.split("\n").length], [125, 2]);
});

for (const number of [1, 9, 15, 31, 35, 64]) {
  Deno.test(`run ends with 128 + ${number} when signal ${number} ends its command`, async () => {
    await using daemon = await startDaemon();
    const args = ["run", "--socket", daemon.socket, "--", "sh", "-c", `kill -${number} $$`];
    assertEquals((await claustrum(daemon.directory, args)).code, 128 + number);
  });
}

for (const flags of [[], ["--detach", "--stdin"]]) {
  Deno.test(`run ${flags.join(" ")} ends its command and says why when stdin is a directory`, async () => {
    await using daemon = await startDaemon();
    const command = `${commandLine(daemon, "run", "--id", "job", ...flags, "--", "cat")} < /`;
    const { code, stderr } = await soon("its end", new Deno.Command("sh", { args: ["-c", command] }).output());
    const text = "claustrum: cannot read stdin: is a directory\n";
    assertEquals([code, new TextDecoder().decode(stderr)], [125, text]);
    assertEquals((await stateOf(daemon, "job"))!.running, false);
  });
}

Deno.test("attach goes on without stdin, and says why, when stdin is a directory", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "sh", args: ["-c", "echo a; exit 3"] });
  await client.until(({ stream }) => stream === "exit");
  const command = `${commandLine(daemon, "attach", "job")} < /`;
  const { code, stdout } = await soon("its end", new Deno.Command("sh", { args: ["-c", command] }).output());
  assertEquals([code, new TextDecoder().decode(stdout)], [3, "a\n"]);
});

Deno.test("run detaches and says why when its output cannot be written", async () => {
  await using daemon = await startDaemon();
  const command = `${
    commandLine(daemon, "run", "--id", "job", "--", "sh", "-c", "echo a; exec sleep 1000")
  } > /dev/full`;
  const { code, stderr } = await soon("its end", new Deno.Command("sh", { args: ["-c", command] }).output());
  const said = new TextDecoder().decode(stderr).split("\n");
  assertEquals([code, said[0]], [1, "claustrum: cannot write the output: no space left on device"]);
  assertStringIncludes(said[1]!, 'detached from "job"');
  assertEquals((await stateOf(daemon, "job"))!.running, true);
});

Deno.test("run --detach --stdin passes more on than any buffer holds, whatever the command prints", async () => {
  await using daemon = await startDaemon();
  const command = `head -c 30000000 /dev/zero | ${
    commandLine(daemon, "run", "-d", "--stdin", "--id", "job", "--", "cat")
  }`;
  const { code, stdout } = await soon("its end", new Deno.Command("sh", { args: ["-c", command] }).output());
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "job\n"]);
});

Deno.test("exitCodeOf() gives 128 and the number of a signal, named or not", async () => {
  const codes = [{ code: 0 }, { code: 7 }, { code: -1 }, { code: -1, signal: "SIGSYS" }, { code: -1, signal: "SIG35" }];
  assertEquals(await Promise.all(codes.map(exitCodeOf)), [0, 7, 255, 159, 163]);
  assertEquals(await exitCodeOf({ code: -1, signal: "SIGNEVER" }), 255);
});

Deno.test("startErrorCode() tells a missing command from one that cannot be executed", () => {
  assertEquals(startErrorCode('exec: "x": executable file not found in $PATH'), 127);
  assertEquals(startErrorCode("fork/exec /x: no such file or directory"), 127);
  assertEquals(startErrorCode("fork/exec /x: exec format error"), 126);
  assertEquals(startErrorCode('exec: "x": cannot run executable found relative to current directory'), 126);
  assertEquals(startErrorCode("chdir /x: stat /x: no such file or directory"), 125);
});

Deno.test("formatAttachCommand() quotes what a shell would take apart", () => {
  assertEquals(formatAttachCommand("job", "/s", true), "claustrum attach job");
  assertEquals(formatAttachCommand("a b", "/it's", false), `claustrum attach --socket '/it'\\''s' 'a b'`);
});

const BOTH: readonly ForegroundSignal[] = ["SIGINT", "SIGTERM"];

/** What a policy decides on signals at some times, in milliseconds. */
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

Deno.test("SignalPolicy passes interrupts on, and detaches on the second within a second", () => {
  assertEquals(decisions(BOTH, ["SIGINT", 0], ["SIGINT", 1_500], ["SIGINT", 2_000]), [
    "forward",
    "forward",
    "detach 0",
  ]);
});

Deno.test("SignalPolicy detaches on the second SIGTERM, and exits on the third", () => {
  const signals = [["SIGTERM", 0], ["SIGTERM", 60_000], ["SIGTERM", 60_001]] as const;
  assertEquals(decisions(BOTH, ...signals), ["forward", "detach 143", "exit 143"]);
});

Deno.test("SignalPolicy detaches on a hang-up, and on all that is not passed on", () => {
  assertEquals(decisions(BOTH, ["SIGHUP", 0]), ["detach 129"]);
  assertEquals(decisions([], ["SIGINT", 0]), ["detach 0"]);
  assertEquals(decisions(["SIGINT"], ["SIGTERM", 0]), ["detach 143"]);
});

Deno.test("SignalPolicy ends a command that detaches for longer than a second when it is interrupted again", () => {
  const signals = [["SIGINT", 0], ["SIGINT", 500], ["SIGINT", 900], ["SIGINT", 1_600]] as const;
  assertEquals(decisions(BOTH, ...signals), ["forward", "detach 0", "ignore", "exit 130"]);
});
