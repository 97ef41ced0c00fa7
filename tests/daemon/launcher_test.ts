import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { isExitOf, LineClient, outputOf } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";
import { testHome } from "../helpers/home.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

Deno.test("claustrum -serve removes the token file and returns when the daemon accepts connections", async () => {
  await using home = await testHome();
  await Deno.writeTextFile(`${home.path}/tf`, "  tok\r\n\n");
  const { code, stdout, stderr } = await claustrum(home.path, [
    "--serve",
    `-socket=${home.socket}`,
    "-token-file",
    `${home.path}/tf`,
  ]);
  assertEquals([code, stdout, stderr], [0, `Claustrum remote server listening on ${home.socket}\n`, ""]);
  assertEquals(await isThere(`${home.path}/tf`), false);
  using client = await LineClient.connect(home.socket, "  tok");
  assertEquals((await client.call("server.ping")).result, { pong: true });
  assertEquals((await Deno.stat(`${home.path}/run`)).mode! & 0o777, 0o700);
  for (const name of ["rpc.sock", "daemon.token", "daemon.lock", "remote-server.log"]) {
    assertEquals((await Deno.stat(`${home.path}/run/${name}`)).mode! & 0o777, 0o600, name);
  }
  const log = await home.log();
  assertMatch(log, /^Claustrum remote server listening on /m);
  assertMatch(log, /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d INFO {2}\[Server\] New connection from: @$/m);
});

Deno.test("claustrum -serve passes the token on without disk, arguments or environment when it comes from a descriptor", async () => {
  await using home = await testHome();
  const command = `"$0" run -A --quiet "$1" -serve -socket "$2" -token-fd 7 7<<EOF\nfd-token\nEOF`;
  const { code } = await new Deno.Command("bash", {
    args: ["-c", command, Deno.execPath(), new URL("../../cli.ts", import.meta.url).pathname, home.socket],
    env: { SHELL: "/bin/true" },
    stdin: "null",
    stdout: "null",
  }).output();
  assertEquals(code, 0);
  using client = await LineClient.connect(home.socket, "fd-token");
  assertEquals((await client.call("server.ping")).result, { pong: true });
  for (const file of ["cmdline", "environ"]) {
    assert(!(await Deno.readTextFile(`/proc/${home.pid()}/${file}`)).includes("fd-token"), file);
  }
});

Deno.test("claustrum -serve reads the token from stdin when the descriptor is 0", async () => {
  await using home = await testHome();
  const args = ["-serve", "-socket", home.socket, "-token-fd", "0"];
  assertEquals((await claustrum(home.path, args, { stdin: "from-stdin\n" })).code, 0);
  using client = await LineClient.connect(home.socket, "from-stdin");
  assertEquals((await client.call("server.ping")).result, { pong: true });
});

Deno.test("claustrum -serve fails at once when it has no token source", async () => {
  await using home = await testHome();
  const env = { CLAUDE_RPC_TOKEN: "not a source" };
  const { code, stderr } = await claustrum(home.path, ["-serve", "-socket", home.socket], { env });
  assertEquals([code, stderr], [1, "claustrum: daemonized child requires --token-file or --token-fd\n"]);
});

for (
  const [what, token, message] of [
    ["is missing", undefined, "claustrum: read --token-file: open HOME/tf: no such file or directory\n"],
    ["is empty", "", "claustrum: token is empty\n"],
    ["holds only a newline", "\r\n", "claustrum: token is empty\n"],
  ] as const
) {
  Deno.test(`claustrum -serve fails at once with the daemon's message when the token file ${what}`, async () => {
    await using home = await testHome();
    if (token !== undefined) await Deno.writeTextFile(`${home.path}/tf`, token);
    const started = performance.now();
    const args = ["-serve", "-socket", home.socket, "-token-file", `${home.path}/tf`];
    const { code, stdout, stderr } = await claustrum(home.path, args);
    assertEquals([code, stdout, stderr], [1, "", message.replace("HOME", home.path)]);
    assert(performance.now() - started < 5_000);
    assertEquals(await isThere(home.socket), false);
  });
}

Deno.test("claustrum -serve fails with the reason when the descriptor is not open", async () => {
  await using home = await testHome();
  const { code, stderr } = await claustrum(home.path, ["-serve", "-socket", home.socket, "-token-fd", "97"]);
  assertEquals([code, stderr], [1, "claustrum: read --token-fd: bad file descriptor\n"]);
});

Deno.test("claustrum -serve fails with the reason when the socket cannot be bound", async () => {
  await using home = await testHome();
  await Deno.mkdir(`${home.path}/run`);
  await Deno.writeTextFile(home.socket, "in the way");
  await Deno.writeTextFile(`${home.path}/tf`, "tok");
  const args = ["-serve", "-socket", home.socket, "-token-file", `${home.path}/tf`];
  const { code, stderr } = await claustrum(home.path, args);
  const text = `claustrum: listen unix: listen unix ${home.socket}: bind: address already in use\n`;
  assertEquals([code, stderr], [1, text]);
});

Deno.test("claustrum serve refuses a socket path when it contains a comma", async () => {
  await using home = await testHome();
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", `${home.path}/a,b.sock`]);
  assertEquals([code, stderr], [1, `claustrum: socket path must not contain a comma: ${home.path}/a,b.sock\n`]);
});

Deno.test("claustrum serve generates a token, and leaves the daemon alone when it already runs", async () => {
  await using home = await testHome();
  const args = ["serve", "--socket", home.socket];
  const first = await claustrum(home.path, args);
  const pid = home.pid();
  assertEquals(first.code, 0);
  assertMatch(first.stdout, new RegExp(`^Claustrum remote server listening on ${home.socket}\n.*daemon.token\n`));
  const token = await Deno.readTextFile(`${home.path}/run/daemon.token`);
  assertMatch(token, /^[0-9a-f]{64}$/);
  const second = await claustrum(home.path, args);
  assertEquals([second.code, second.stdout], [0, `already running (pid ${pid}) on ${home.socket}\n`]);
  using client = await LineClient.connect(home.socket, token);
  await client.call("process.spawn", { id: "p", command: "sleep", args: ["1000"], wantPid: true });
  const child = Number((await client.call("process.reattach", { id: "p", wantPid: true })).result!.pid);

  const stopped = await claustrum(home.path, ["stop", "--socket", home.socket]);
  const said = `stopped the daemon (pid ${pid}); ended 1 process: p (1 by SIGTERM)\n`;
  assertEquals([stopped.code, stopped.stdout, stopped.stderr], [0, said, ""]);
  await waitFor("the daemon's end", () => !isAlive(pid));
  assertEquals(isAlive(child), false);
  const left = [...Deno.readDirSync(`${home.path}/run`)].map(({ name }) => name).sort();
  assertEquals(left, ["daemon.lock", "remote-server.log"]);
});

Deno.test("claustrum serve uses a socket in the home directory when none is given, and fails without a home", async () => {
  await using dir = await tempDir();
  const started = await claustrum(dir.path, ["serve"]);
  assertMatch(started.stdout, new RegExp(`listening on ${dir.path}/.claude/remote/rpc.sock\n`));
  assertEquals((await claustrum(dir.path, ["stop"])).code, 0);
  assertEquals(await isThere(`${dir.path}/.claude/remote/rpc.sock`), false);
  for (const args of [["serve"], ["-bridge"], ["stop"]]) {
    const { code, stderr } = await claustrum(dir.path, args, { env: { HOME: "" } });
    assertEquals([code, stderr], [1, "claustrum: cannot resolve home directory: $HOME is not defined\n"]);
  }
});

Deno.test("claustrum serve keeps the log of the previous daemon when it starts another one", async () => {
  await using home = await testHome();
  const args = ["serve", "--socket", home.socket];
  await claustrum(home.path, args);
  const pid = home.pid();
  await claustrum(home.path, ["stop", "--socket", home.socket]);
  await waitFor("its last words", () => !isAlive(pid));
  const before = await home.log();
  await claustrum(home.path, args);
  assertEquals(await Deno.readTextFile(`${home.path}/run/remote-server.log.old`), before);
});

Deno.test("claustrum serve starts a daemon when the previous one was killed", async () => {
  await using home = await testHome();
  const args = ["serve", "--socket", home.socket];
  await claustrum(home.path, args);
  const killed = home.pid();
  Deno.kill(killed, "SIGKILL");
  await waitFor("its end", () => !isAlive(killed));
  const { code, stdout } = await claustrum(home.path, args);
  assertEquals([code, stdout.split("\n")[0]], [0, `Claustrum remote server listening on ${home.socket}`]);
  using client = await LineClient.connect(home.socket, await Deno.readTextFile(`${home.path}/run/daemon.token`));
  assertEquals((await client.call("server.ping")).result, { pong: true });
});

Deno.test("claustrum serve does not write the log through a symlink when there is one at its path", async () => {
  await using home = await testHome();
  await Deno.mkdir(`${home.path}/run`);
  await Deno.writeTextFile(`${home.path}/precious`, "untouched");
  await Deno.symlink(`${home.path}/precious`, `${home.path}/run/remote-server.log`);
  await claustrum(home.path, ["serve", "--socket", home.socket]);
  assertEquals(await Deno.readTextFile(`${home.path}/precious`), "untouched");
  assert((await Deno.lstat(`${home.path}/run/remote-server.log`)).isFile);
});

Deno.test("claustrum serve keeps the working directory, hides the token and marks processes when it starts a daemon", async () => {
  await using home = await testHome();
  await claustrum(home.path, ["serve", "--socket", home.socket], { env: { CLAUDE_RPC_TOKEN: "inherited" } });
  using client = await LineClient.connect(home.socket, await Deno.readTextFile(`${home.path}/run/daemon.token`));
  await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", "pwd; umask; env"] });
  const output = outputOf(await client.until(isExitOf("p")));
  assert(output.startsWith(`${Deno.cwd()}\n${umaskText()}\n`), output);
  assert(output.includes("CLAUDE_SSH_DAEMON_CHILD=1\n"));
  assert(!/CLAUDE_RPC_TOKEN|CLAUSTRUM_DAEMON_CHILD|CLAUSTRUM_TOKEN_PIPE/.test(output), output);
});

function umaskText(): string {
  return Deno.umask().toString(8).padStart(4, "0");
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`the daemon stops gracefully when it receives ${signal}, and ignores SIGHUP`, async () => {
    await using home = await testHome();
    await claustrum(home.path, ["serve", "--socket", home.socket]);
    const pid = home.pid();
    Deno.kill(pid, "SIGHUP");
    using client = await LineClient.connect(home.socket, await Deno.readTextFile(`${home.path}/run/daemon.token`));
    await client.call("process.spawn", { id: "p", command: "sleep", args: ["1000"], wantPid: true });
    const child = Number((await client.call("process.reattach", { id: "p", wantPid: true })).result!.pid);
    Deno.kill(pid, signal);
    await waitFor("the daemon's end", () => !isAlive(pid));
    assertEquals([isAlive(child), await isThere(home.socket)], [false, false]);
    assertEquals(await isThere(`${home.path}/run/daemon.token`), false);
  });
}

Deno.test("the daemon cannot connect to TCP addresses when its launcher has all permissions", async () => {
  await using home = await testHome();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const env = { PROBE_DIRECTORY: `${home.path}/run`, PROBE_PORT: String(listener.addr.port) };
  const main = new URL("../programs/dialing_daemon.ts", import.meta.url).pathname;
  const { code } = await claustrum(home.path, ["serve", "--socket", home.socket], { env, main });
  assertEquals(code, 0);
  await waitFor("the answer", () => isThere(`${home.path}/run/answer`));
  await waitFor("the answer to be written", () => Deno.readTextFile(`${home.path}/run/answer`));
  assertEquals(await Deno.readTextFile(`${home.path}/run/answer`), "NotCapable");
});

Deno.test("claustrum serve works when the launcher has no network permission", async () => {
  await using home = await testHome();
  const permissions = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys"];
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket], { permissions });
  assertEquals([code, stderr], [0, ""]);
  await LineClient.connect(home.socket, "").then((client) => client.close());
});

Deno.test("claustrum serve --foreground gives up the network, prints its socket, and ends when it receives a signal", async () => {
  await using home = await testHome();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL("../../cli.ts", import.meta.url).pathname, "serve", "--foreground"]
      .concat(["--socket", home.socket]),
    env: { SHELL: "/bin/true", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertMatch((await output.read()).value!, /^Claustrum remote server listening on /);
  assertEquals(home.pid(), child.pid);
  child.kill("SIGINT");
  assertEquals((await child.status).code, 0);
  await output.cancel();
});

Deno.test("claustrum serve refuses flags and names --replace when a daemon already runs", async () => {
  await using home = await testHome();
  const args = ["serve", "--socket", home.socket];
  assertEquals((await claustrum(home.path, args)).code, 0);
  const pid = home.pid();
  await Deno.writeTextFile(`${home.path}/token`, "secret");
  for (
    const flags of [
      ["--metrics-addr", "127.0.0.1:0"],
      ["--wire-log", `${home.path}/wire`],
      ["--keep-children"],
      ["--git-timeout", "0"],
      ["--token-file", `${home.path}/token`],
      ["--handover"],
      ["--keep-children", "--max-extract-bytes", "7", "--foreground"],
    ]
  ) {
    const { code, stdout, stderr } = await claustrum(home.path, [...args, ...flags]);
    const names = flags.filter((flag) => flag.startsWith("--") && flag !== "--foreground").sort();
    const given = /cannot apply (.*) to a running daemon/.exec(stderr)?.[1]?.split(" and ").sort();
    assertEquals([code, stdout, given], [1, "", names], stderr);
    assertStringIncludes(stderr, `claustrum: already running (pid ${pid}) on ${home.socket}`);
    assertStringIncludes(stderr, "--replace --handover");
  }
  assertEquals(await Deno.readTextFile(`${home.path}/token`), "secret");
  assertEquals((await claustrum(home.path, args)).code, 0);
  assertEquals([home.pid(), isAlive(pid)], [pid, true]);
});

Deno.test("claustrum serve reports it when the log cannot be written and the daemon dies", async () => {
  await using home = await testHome();
  await Deno.mkdir(`${home.run}/remote-server.log/full`, { recursive: true, mode: 0o700 });
  await Deno.mkdir(`${home.run}/remote-server.log.old/full`, { recursive: true });
  await Deno.mkdir(home.socket);
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket]);
  // The log goes to stderr as well, and its warning about the shell may come before the reason.
  const [reason, ending] = stderr.trimEnd().split("\n").filter((line) => line.startsWith("claustrum: "));
  assertEquals(code, 1);
  assertEquals(reason, `claustrum: listen unix: listen unix ${home.socket}: bind: address already in use`);
  assertEquals(
    ending,
    "claustrum: the daemon died while starting; its output is above, because its log cannot be written",
  );
});

Deno.test("a daemon that cannot start ends with a ctrl-C that comes after the time that a stop may take", async () => {
  await using home = await testHome();
  await Deno.mkdir(home.run, { mode: 0o700 });
  // Who holds the lock without a word is waited for.
  using holder = await Deno.open(`${home.run}/daemon.lock`, { write: true, create: true });
  holder.lockSync(true);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, "serve", "--foreground", "--replace", "--socket", home.socket],
    env: plainEnvironment(home.path),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const start = performance.now();
  let end: Deno.CommandStatus | undefined;
  void child.status.then((status) => end = status);
  await waitFor(
    "its handlers",
    async () => /^SigCgt:\s+[0-9a-f]*[2367abef]$/m.test(await Deno.readTextFile(`/proc/${child.pid}/status`)),
  );
  await waitFor("its end", () => {
    if (end === undefined && isAlive(child.pid)) child.kill("SIGINT");
    return end !== undefined;
  });
  assertEquals(end?.code, 130);
  assert(performance.now() - start > 2_000);
});
