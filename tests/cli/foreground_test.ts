import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect } from "../../mod.ts";
import { formatAttachCommand } from "../../lib/cli/foreground_session.ts";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { needing } from "../helpers/program.ts";
import { soon, waitFor } from "../helpers/wait.ts";
import {
  AGENT,
  agentArgs,
  assertUnharmed,
  attached,
  commandLine,
  spawnPiped,
  spawnQuietly,
  startAgent,
  stateOf,
} from "./foreground_fixture.ts";

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
    ["a variable without a name", ["--env", "=x", "--", "true"], 125],
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

Deno.test("formatAttachCommand() quotes spaces and quotation marks", () => {
  assertEquals(formatAttachCommand("job", "/s", true), "claustrum attach job");
  assertEquals(formatAttachCommand("a b", "/it's", false), `claustrum attach --socket '/it'\\''s' 'a b'`);
});
