import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { parseProcessFormat } from "../../lib/cli/process_format.ts";
import type { ListedProcess } from "../../lib/cli/process_text.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import { claustrum } from "../helpers/command.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { waitFor } from "../helpers/wait.ts";

const NOW = 1_000_000_000;
const CONTEXT = { socketArguments: [], columns: Infinity, now: NOW };

function process(id: string, more: Partial<ListedProcess> = {}): ListedProcess {
  return {
    ...{ id, command: "sleep", args: ["1 0"], cwd: "/", pid: 42, startTime: NOW / 1000 - 90, running: true },
    ...{ firstSeq: 0, lastSeq: 0, stdinApplied: 0, bufferedBytes: 0, attached: false },
    ...more,
  };
}

function format(text: string, processes: readonly ListedProcess[], columns: number = Infinity): string {
  return parseProcessFormat(text).format(processes.map((process) => ({ process })), { ...CONTEXT, columns });
}

Deno.test("parseProcessFormat() fills in fields, and knows tabs and newlines", () => {
  const processes = [process("a", { labels: { job: "x", n: "1" } }), process("b", { running: false, exitCode: 3 })];
  assertEquals(
    format("{{.ID}}\\t{{ .State }}: {{.Status}}|{{.Labels}}", processes),
    [
      "a\trunning: running|job=x,n=1",
      "b\tended: exit 3|",
    ].join("\n"),
  );
  assertEquals(
    format("{{.Command}}\\n{{.RunningFor}} {{.CreatedAt}}", processes.slice(0, 1)),
    [
      "sleep '1 0'",
      "1m 1970-01-12T13:45:10.000Z",
    ].join("\n"),
  );
});

Deno.test("parseProcessFormat() makes a table with headings that fits the terminal", () => {
  const processes = [process("short"), process("\x1b[31mlong\n")];
  assertEquals(
    format("table {{.ID}}\\t{{.CreatedAt}}", processes, 30),
    [
      "ID            CREATED AT",
      "short         1970-01-12T13:4…",
      "^[[31mlong^J  1970-01-12T13:4…",
    ].join("\n"),
  );
});

for (const text of ["{{.Id}}", "{{json .}}", "{{.ID}} {{.}}", "{{.ID", "json", "{{.constructor}}"]) {
  Deno.test(`parseProcessFormat() refuses ${text} and lists the fields`, () => {
    const error = assertThrows(() => parseProcessFormat(text), UsageError);
    assertMatch(error.message, /^--format takes \{\{\.ID\}\}, \{\{\.PID\}\}, .* or \{\{\.Run\}\}, not "/);
  });
}

function at(daemon: TestDaemon) {
  return (command: string, ...args: string[]) =>
    claustrum(daemon.directory, [command, "--socket", daemon.socket, ...args]);
}

Deno.test("parseProcessFormat() says in {{.Run}} how a process was started", () => {
  const { format, needsStart } = parseProcessFormat("{{.Run}}");
  const command = { id: "a", cwd: "/", args: ["10"] };
  const logged = { process: process("a", { ...command, log: "/logs/a b.log" }), env: { V: "1" } };
  const both = [{ ...logged, cleanEnv: true, isLogChosen: true }, logged];
  assertEquals([needsStart, format(both, CONTEXT).split("\n")], [true, [
    "claustrum run --detach --id a '--log=/logs/a b.log' --cwd / --clean-env --env V=1 -- sleep 10",
    "claustrum run --detach --id a --log --cwd / --env V=1 -- sleep 10",
  ]]);
});

Deno.test("ps --format prints fields, and what {{.Run}} prints starts the process again", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  using client = await daemon.connect();
  const script = 'echo "$V in $PWD"; exec sleep 1000';
  const spawn = { command: "sh", args: ["-c", script], cwd: "/usr", env: { V: "it's" }, labels: { job: "a b" } };
  const more = { restart: "on-failure:3", cleanEnv: true, logFile: `${daemon.directory}/its log` };
  await client.call("process.spawn", { id: "the web", ...spawn, ...more });
  await client.call("process.spawn", { id: "session/s/1", command: "true" });
  const [fields, labels, line, loads] = await Promise.all([
    run("ps", "-f", "id=web", "--format", "{{.ID}}|{{.Labels}}|{{.Restart}}"),
    run("ps", "--labels"),
    run("ps", "--format", "{{.Run}}"),
    run("ps", "-f", "id=web", "--format", "{{.Memory}}"),
  ]);
  assertEquals([fields.stdout, labels.stdout], ["the web|job=a b|on-failure:3\n", "job=a b\n"]);
  assertMatch(loads.stdout, /^\d[\d.]* [kM]?B\n$/);
  assertStringIncludes(line.stdout, "\n# session/s/1: the hub starts it\n");
  const output = "it's in /usr\n";
  await waitFor("its output", async () => await Deno.readTextFile(more.logFile) === output);
  await run("rm", "-f", "the web");
  // The shell reads the words as they were; the tool is called as a function.
  const again = `claustrum() { for word; do printf '%s\\0' "$word"; done; }\n${line.stdout}`;
  const shell = new Deno.Command("sh", { args: ["-c", again], stdin: "null" });
  const words = new TextDecoder().decode((await shell.output()).stdout).split("\0").slice(0, -1);
  assertEquals((await claustrum(daemon.directory, words)).stdout, "the web\n");
  // The log goes on.
  await waitFor("its output", async () => (await run("logs", "the web")).stdout === output.repeat(2));
  assertEquals((await run("ps", "--labels")).stdout, "job=a b\n");
  const { cleanEnv, log } = JSON.parse((await run("inspect", "the web", "--env", "--json")).stdout);
  assertEquals([cleanEnv, log], [true, `${daemon.directory}/its log`]);
});
