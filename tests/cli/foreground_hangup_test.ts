import { assertEquals, assertStringIncludes } from "@std/assert";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { hasSsh, type SshServer, startSshServer } from "../helpers/ssh_server.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { soon, waitFor } from "../helpers/wait.ts";
import {
  AGENT,
  agentArgs,
  assertUnharmed,
  attached,
  commandLine,
  detached,
  spawnPiped,
  spawnQuietly,
  startAgent,
  stateOf,
} from "./foreground_fixture.ts";

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
