import { assertEquals, assertMatch } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { comesBack, openWith, processOf, testInTerminal } from "../helpers/process_window.ts";
import { tempDir } from "../helpers/temp.ts";

function at(daemon: TestDaemon) {
  return (command: string, ...args: string[]) =>
    claustrum(daemon.directory, [command, "--socket", daemon.socket, ...args]);
}

Deno.test("run -t refuses what run refuses, in the same words, and leaves nothing behind", async () => {
  await using daemon = await startDaemon();
  const run = at(daemon);
  const file = `${daemon.directory}/file`;
  await Deno.writeTextFile(file, "");
  const cases = [["nosuch", 127], ["./nosuch", 127], [file, 126]] as const;
  await Promise.all(cases.map(async ([command, code]) => {
    const [plain, inTerminal] = [await run("run", "-d", command), await run("run", "-t", "-d", command)];
    assertEquals(inTerminal, plain, command);
    assertEquals([plain.code, plain.stdout, /^claustrum: .+\n$/.test(plain.stderr)], [code, "", true]);
  }));
  const noDirectory = await run("run", "-t", "-d", "--cwd", "/nosuch", "true");
  assertEquals(noDirectory, await run("run", "-d", "--cwd", "/nosuch", "true"));
  assertEquals((await run("ps", "--all", "--quiet")).stdout, "");
});

Deno.test("doctor says that script is missing, without which there are no terminals", async () => {
  await using home = await testHome();
  await using bin = await tempDir();
  const find = async (env: Record<string, string>) => {
    const { stdout } = await claustrum(home.path, ["doctor", "--json", "--socket", home.socket], { env });
    const findings: { check: string; verdict: string; text: string }[] = JSON.parse(stdout);
    return findings.find(({ check }) => check === "script");
  };
  const found = await find({});
  assertMatch(found?.text ?? "", /\/script$|^script or stty is missing/);
  const missing = await find({ PATH: bin.path });
  assertEquals([missing?.verdict, missing?.text.includes("install util-linux")], ["warn", true]);
});

testInTerminal("exec -it opens a shell in the place of a process, and leaves the process alone", [], async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const spawn = { id: "web-server", command: "sleep", args: ["1000"], cwd: "/usr", env: { V: "the value" } };
  await client.call("process.spawn", spawn);
  await using view = await openWith(daemon, "exec -it -e PS1='in> ' web -- bash --norc -i");
  await view.shows(/^in>$/m);
  await view.type('test -t 0 && echo "$V, $PWD, $(stty size)"');
  await view.shows(/^the value, \/usr, 30 100$/m);
  await view.type("exit 5");
  await comesBack(view, 5);
  assertEquals((await processOf(daemon, "web-server"))?.running, true);
});
