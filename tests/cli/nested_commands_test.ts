import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type Shell, SHELLS } from "../../lib/cli/completions.ts";
import { findCommand } from "../../lib/cli/find_command.ts";
import { groupHelp, overview } from "../../lib/cli/help.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import { plainEnvironment, startDaemon } from "../helpers/daemon.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";
import { nestedProgram } from "../programs/nested_commands.ts";
import { completeInShell } from "./complete_in_shell.ts";

const PROGRAM = new URL("../programs/nested_commands.ts", import.meta.url).pathname;

/** Runs the test program with groups. */
async function run(args: readonly string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROGRAM, ...args],
    env: plainEnvironment("/nonexistent"),
    clearEnv: true,
    stdin: "null",
  });
  const { code, stdout, stderr } = await soon(args.join(" "), command.output());
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("findCommand() finds a command through its groups and loads nothing else", async () => {
  const loaded: string[] = [];
  const { commands } = nestedProgram((words) => loaded.push(words));
  const found = await findCommand(commands, ["session", "rule", "remove", "--force", "x"]);
  assertEquals([found.path, found.rest], [["session", "rule", "remove"], ["--force", "x"]]);
  assertEquals("command" in found && found.command.usage, "session rule remove");
  assertEquals(loaded, ["session", "session rule", "session rule remove"]);
});

Deno.test("findCommand() finds a group if no command or a flag follows", async () => {
  const { commands } = nestedProgram();
  for (const rest of [[], ["--help"]]) {
    const found = await findCommand(commands, ["session", "rule", ...rest]);
    assertEquals(["group" in found, found.path, found.rest], [true, ["session", "rule"], rest]);
  }
});

for (
  const [words, message] of [
    [["sesion", "start"], 'there is no command "sesion": did you mean session?'],
    [["session", "strat"], 'session has no command "strat": did you mean start?'],
    [["session", "stp"], 'session has no command "stp": did you mean stop?'],
    [["session", "shop"], 'session has no command "shop": see claustrum help session'],
    [["session", "frobnicate"], 'session has no command "frobnicate": see claustrum help session'],
    [["session", "rule", "remov"], 'session rule has no command "remov": did you mean remove?'],
    [["session", "toString"], 'session has no command "toString": see claustrum help session'],
  ] as const
) {
  Deno.test(`findCommand() rejects ${words.join(" ")} with a suggestion`, async () => {
    const error = await assertRejects(() => findCommand(nestedProgram().commands, words));
    assertInstanceOf(error, UsageError);
    assertEquals(error.message, message);
  });
}

Deno.test("overview() shows a group in one line without loading it", () => {
  const loaded: string[] = [];
  const text = overview(nestedProgram((words) => loaded.push(words)), 80);
  assertEquals(text.includes("  session      the summary of session\n"), true, text);
  assertEquals(loaded, []);
});

Deno.test("groupHelp() shows the commands of a group and its default", async () => {
  const found = await findCommand(nestedProgram().commands, ["hub"]);
  assertEquals(
    "group" in found && groupHelp(found.path, found.group, 80),
    `claustrum hub [COMMAND]

Commands of hub.

  start       the summary of hub start
  status      the summary of hub status
  -h, --help  show this help

Without COMMAND: claustrum hub start

Try:
  claustrum help hub start`,
  );
});

Deno.test("a program runs the commands of its groups", async () => {
  const started = await run(["session", "start", "--name", "n", "x"]);
  assertEquals(started, {
    code: 0,
    stdout: '{"usage":"session start","flags":{"name":"n","force":false},"args":["x"]}\n',
    stderr: "",
  });
  assertEquals(JSON.parse((await run(["hub"])).stdout).usage, "hub start");
  assertEquals(JSON.parse((await run(["hub", "--force"])).stdout).flags, { force: true });
});

Deno.test("a program shows the help of a group and of its commands in both spellings", async () => {
  for (const args of [["help", "session", "start"], ["session", "start", "--help"]]) {
    const { code, stdout } = await run(args);
    assertEquals([code, stdout.split("\n")[0]], [0, "claustrum session start"]);
  }
  for (const args of [["help", "session"], ["session", "--help"]]) {
    const { code, stdout } = await run(args);
    assertEquals([code, stdout.split("\n")[0]], [0, "claustrum session COMMAND"]);
  }
});

for (
  const [args, message] of [
    [["session"], "session needs a command: see claustrum help session"],
    [["session", "strat"], 'session has no command "strat": did you mean start?'],
    [["session", "start", "--nam", "x"], "session start has no flag --nam: did you mean --name?"],
    [["session", "start", "x", "y"], 'session start takes no argument "y": see claustrum help session start'],
    [["hub", "--frce"], "hub start has no flag --frce: did you mean --force?"],
    [["help", "session", "strat"], 'session has no command "strat": did you mean start?'],
    [["help", "session", "start", "now"], 'help takes no argument "now"'],
  ] as const
) {
  Deno.test(`a program rejects ${args.join(" ")} with one line on stderr`, async () => {
    assertEquals(await run(args), { code: 2, stdout: "", stderr: `claustrum: ${message}\n` });
  });
}

/** Writes a launcher named `claustrum` into a directory. */
async function installProgram(directory: string, module: string): Promise<void> {
  const program = `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${module}' "$@"\n`;
  await Deno.writeTextFile(`${directory}/claustrum`, program, { mode: 0o755 });
}

/** Returns the completions of the last word in a shell, for the program with groups. */
async function complete(shell: Shell, directory: string, words: readonly string[]): Promise<string[]> {
  const script = `${directory}/script`;
  await Deno.writeTextFile(script, (await run(["completions", shell])).stdout);
  await installProgram(directory, PROGRAM);
  return await completeInShell(shell, directory, words);
}

for (const shell of SHELLS) {
  Deno.test(`the completions for ${shell} complete commands of groups and their flags`, async () => {
    await using dir = await tempDir();
    const at = (...words: string[]) => complete(shell, dir.path, ["claustrum", ...words]);
    assertEquals(await at("se"), ["session"]);
    assertEquals(await at("session", "st"), ["start", "stop"]);
    assertEquals(await at("session", "rule", ""), ["remove"]);
    assertEquals(await at("session", "start", "--n"), ["--name"]);
    assertEquals(await at("hub", "--f"), ["--force"]);
    assertEquals(await at("hub", "status", "--f"), ["--force"]);
  });

  Deno.test(`the completions for ${shell} complete process ids without running substitutions in them`, async () => {
    await using daemon = await startDaemon();
    await using dir = await tempDir();
    using client = await daemon.connect();
    for (const id of ["job one", "job-$(touch ran)", "other"]) {
      await client.call("process.spawn", { id, command: "true" });
    }
    const words = ["claustrum", "session", "attach", "--socket", daemon.socket, "job"];
    const ids = await complete(shell, dir.path, words);
    const expected = shell === "bash" ? ["job-\\$\\(touch\\ ran\\)", "job\\ one"] : ["job one", "job-$(touch ran)"];
    assertEquals(ids, expected.sort());
    assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name).filter((name) => name === "ran"), []);
    assertEquals((await complete(shell, dir.path, [...words.slice(0, 3), "--name", "scr"])).includes("job one"), false);
  });
}
