import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { CLI, startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { testInTerminal } from "../helpers/process_window.ts";
import { openShell } from "../helpers/shell_terminal.ts";

/** Prints these variables. */
const SHOW = ["sh", "-c", 'echo "${A-none} ${B-none} ${C-none} ${DAEMON-none}"'];
/** Prints the names of all variables. */
const NAMES = ["env"];

/** Returns a function that runs a command line against a daemon, with variables of its caller. */
function at(daemon: TestDaemon, env: Record<string, string>) {
  return (command: string, ...args: string[]) =>
    claustrum(daemon.directory, [command, "--socket", daemon.socket, ...args], { env });
}

function namesIn(output: string): string[] {
  return output.trimEnd().split("\n").map((line) => line.split("=")[0]!).sort();
}

Deno.test("run passes on what its flags name of the caller's environment, and nothing else", async () => {
  await using daemon = await startDaemon({ env: { DAEMON: "d" } });
  const run = at(daemon, { A: "mine", B: "two words", C: "c" });
  const file = `${daemon.directory}/.env`;
  await Deno.writeTextFile(file, '# set\nA="file"\nB\nC=from the file\n');
  const prints = async (flags: readonly string[], line: string) => {
    assertEquals(await run("run", ...flags, "--", ...SHOW), { code: 0, stdout: `${line}\n`, stderr: "" });
  };
  await prints([], "none none none d");
  await prints(["-e", "A", "--env", "B", "-e", "MISSING"], "mine two words none d");
  await prints(["--env-file", file], '"file" two words from the file d');
  await prints(["-e", "C=", "--env-file", file, "-e", "A=2", "-e", "A=x=y"], "x=y two words  d");
  // Restarts get the same, and so does exec.
  const again = `[ -e ${daemon.directory}/again ] && exec ${SHOW[0]} -c '${
    SHOW[2]
  }'; touch ${daemon.directory}/again; exit 1`;
  const restarted = await run("run", "--id", "p", "--restart", "on-failure", "-e", "A", "--", "sh", "-c", again);
  assertEquals(restarted, { code: 0, stdout: "mine none none d\n", stderr: "" });
  assertEquals((await run("exec", "-e", "B", "p", "--", ...SHOW)).stdout, "mine two words none d\n");
});

Deno.test("run --clean-env leaves hardly any variable, also after a restart, in a terminal and for exec", async () => {
  await using daemon = await startDaemon({ env: { DAEMON: "d", USER: "me" } });
  const run = at(daemon, { A: "mine" });
  const clean = ["A", "CLAUDE_SSH_DAEMON_CHILD", "HOME", "PATH", "SHELL", "USER"];
  const once = await run("run", "--clean-env", "-e", "A", "--id", "p", "--", ...NAMES);
  assertEquals([once.code, namesIn(once.stdout)], [0, clean]);
  assertEquals(namesIn((await run("exec", "p", "--", ...NAMES)).stdout), clean);
  assertEquals(namesIn((await run("exec", "--clean-env", "p", "--", ...NAMES)).stdout), clean.slice(1));
  const again = `[ -e ${daemon.directory}/again ] && exec env; touch ${daemon.directory}/again; exit 1`;
  const restarted = await run("run", "--clean-env", "--restart", "on-failure", "--", "sh", "-c", again);
  const own = namesIn(restarted.stdout).filter((name) => !["PWD", "SHLVL", "_"].includes(name)); // not the shell's
  assertEquals(own, clean.slice(1));
  const terminal = await run("run", "-t", "--clean-env", "-e", "A=1", "--", ...NAMES);
  const names = namesIn(terminal.stdout.replaceAll("\r", ""));
  assert(names.includes("TERM") && names.includes("A") && !names.includes("DAEMON"), terminal.stdout);
  const inspected = JSON.parse((await run("inspect", "p", "--env", "--json")).stdout);
  assertEquals([inspected.cleanEnv, inspected.env.A, inspected.env.DAEMON], [true, "mine", undefined]);
});

Deno.test("run --path finds a command where this shell finds it, and without it says so", async () => {
  await using daemon = await startDaemon();
  const bin = `${daemon.directory}/bin`;
  await Deno.mkdir(bin);
  await Deno.writeTextFile(`${bin}/mine`, '#!/bin/sh\necho "$0 $PATH"\n', { mode: 0o755 });
  const path = `${bin}:/usr/bin:/bin`;
  const run = at(daemon, { PATH: path });
  const found = { code: 0, stdout: `${bin}/mine ${path}\n`, stderr: "" };
  assertEquals(await run("run", "--path", "--id", "p", "--", "mine"), found);
  assertEquals(await run("exec", "--path", "p", "--", "mine"), found);
  const missing = await run("run", "--", "mine");
  assertEquals([missing.code, missing.stdout], [127, ""]);
  assertEquals(missing.stderr.split("\n").slice(1), [
    `claustrum: your PATH has ${bin}/mine, and that of the daemon has not: add --path`,
    "",
  ]);
  const nowhere = await run("run", "--path", "--", "nowhere");
  assertEquals([nowhere.code, nowhere.stderr.includes("nowhere"), nowhere.stderr.includes("--path")], [
    127,
    true,
    false,
  ]);
});

Deno.test("run and exec say which line of a file is wrong before they start anything", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon, {});
  const file = `${daemon.directory}/.env`;
  await Deno.writeTextFile(file, "A=1\nexport B=secret\n");
  for (const args of [["run", "--env-file", file, "--", "true"], ["exec", "--env-file", file, "p", "true"]]) {
    const [command = "", ...rest] = args;
    const { code, stderr } = await run(command, ...rest);
    assertEquals([code, stderr], [125, `claustrum: ${file}, line 2: write B=VALUE, without export\n`]);
  }
  assertEquals(JSON.parse((await run("ps", "--json")).stdout), []);
});

testInTerminal("run tells a person that the daemon runs another program than this shell would", [], async () => {
  await using daemon = await startDaemon();
  const bin = `${daemon.directory}/bin`;
  await Deno.mkdir(bin);
  await Deno.writeTextFile(`${bin}/env`, "#!/bin/sh\necho own\n", { mode: 0o755 });
  await using view = await openShell({ home: daemon.directory, columns: 150, env: { PATH: `${bin}:/usr/bin:/bin` } });
  const type = (flags: string) =>
    view.type(
      `clear; '${Deno.execPath()}' run -A --quiet '${CLI}' run --socket '${daemon.socket}' ${flags}; echo code $?`,
    );
  await type("-- env true");
  const hinted = (await view.shows(/^code 0$/m)).replaceAll("\n", "");
  assertStringIncludes(hinted, `/env, and not ${bin}/env as in this shell: add --path for that`);
  await type("--path -- env true");
  assert(!(await view.shows(/^own\ncode 0$/m)).includes("as in this shell"));
  await type("-- sh -c 'echo other'");
  assert(!(await view.shows(/^other\ncode 0$/m)).includes("as in this shell"));
});
