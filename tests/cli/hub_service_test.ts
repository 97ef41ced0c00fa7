import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hubServiceUnit } from "../../lib/cli/hub_service_unit.ts";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { claustrum } from "../helpers/command.ts";
import { plainEnvironment } from "../helpers/daemon.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon, waitFor } from "../helpers/wait.ts";

const OPTIONS = { command: ["/bin/sh", "a b", "--allow-net=x:1"], directory: "/state", home: "/home/me" };

/** The words of the command in a systemd unit, none of which is quoted. */
function commandIn(unit: string): string[] {
  return /^ExecStart=(.*)$/m.exec(unit)![1]!.split(" ");
}

Deno.test("the systemd unit of the hub starts it after the daemon, and again when it fails", () => {
  const { text, path, advice } = hubServiceUnit("systemd", OPTIONS);
  assertMatch(text, /^After=claustrum\.service$/m);
  assertMatch(text, /^Restart=on-failure$/m);
  assertMatch(text, /^KillMode=process$/m);
  assertMatch(text, /^ExecStart=\/bin\/sh "a b" --allow-net=x:1$/m);
  assertEquals(path, "/home/me/.config/systemd/user/claustrum-hub.service");
  assertStringIncludes(advice, "systemctl --user enable --now claustrum-hub\n");
});

Deno.test("systemd-analyze accepts the systemd unit of the hub", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/claustrum-hub.service`;
  await Deno.writeTextFile(file, hubServiceUnit("systemd", OPTIONS).text);
  try {
    const command = new Deno.Command("systemd-analyze", { args: ["--user", "verify", file], stdin: "null" });
    const { stderr } = await command.output();
    const lines = new TextDecoder().decode(stderr).split("\n");
    assertEquals(lines.filter((line) => line.includes("claustrum-hub.service")), []);
  } catch (error) {
    // systemd is not installed.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
});

Deno.test("the launchd property list of the hub names its log", () => {
  const { text, path } = hubServiceUnit("launchd", OPTIONS);
  assertStringIncludes(text, "<string>claustrum.hub</string>");
  assertStringIncludes(text, "<string>/state/launchd.log</string>");
  assertEquals(path, "/home/me/Library/LaunchAgents/claustrum.hub.plist");
});

Deno.test("claustrum hub service writes a unit whose command runs a hub that works, and may run nothing", async () => {
  await using home = await sessionHome('listen = "127.0.0.1:0"\n[[webhooks]]\nurl = "https://ntfy.sh/topic"\n');
  await home.run(["serve"]);
  const { code, stdout } = await home.run(["hub", "service", "systemd", "--write"]);
  const path = `${home.path}/.config/systemd/user/claustrum-hub.service`;
  assertEquals([code, stdout.split("\n")[0]], [0, `wrote ${path}`]);
  const words = commandIn(await Deno.readTextFile(path));
  assertEquals(words.filter((word) => word.startsWith("--allow-run") || word === "-A"), []);
  const net = words.find((word) => word.startsWith("--allow-net="))!.split("=")[1]!.split(",");
  assertEquals(net.filter((each) => !each.startsWith("unix:")), ["127.0.0.1:0", "ntfy.sh:443"]);
  const [program = "", ...args] = words;
  const { PATH: _path, ...env } = plainEnvironment(home.path);
  const child = new Deno.Command(program, { args, env, clearEnv: true, cwd: "/", stdin: "null", stdout: "null" })
    .spawn();
  const lock = `${home.path}/.local/state/claustrum/hub.lock`;
  await waitFor("the hub to listen", () => readLockRecord(lock)?.pid === child.pid);
  await home.session("start", home.work, "--trust");
  assertEquals(await home.session("send", "work", "hello", "--wait"), "echo: hello\n");
  child.kill("SIGTERM");
  assertEquals((await soon("the end of the hub", child.status)).code, 0);
});

Deno.test("claustrum hub service puts what variables say into the command, or tells that it cannot", async () => {
  await using dir = await tempDir();
  const env = { CLAUSTRUM_LISTEN: "", CLAUSTRUM_NAME: "desk", CLAUSTRUM_SESSIONS_MAX: "3" };
  const { code, stdout, stderr } = await claustrum(dir.path, ["hub", "service", "systemd"], { env });
  assertEquals(code, 0);
  assertEquals(["--no-web", "--name=desk"].filter((word) => !commandIn(stdout).includes(word)), []);
  const text = "claustrum: the service does not get CLAUSTRUM_SESSIONS_MAX: set sessions.max in hub.toml\n";
  assertStringIncludes(stderr, text);
  await Deno.writeTextFile(`${dir.path}/other.toml`, "");
  const other = await claustrum(dir.path, ["hub", "service", "systemd", "--config", `${dir.path}/other.toml`]);
  assertEquals(commandIn(other.stdout).includes(`--config=${dir.path}/other.toml`), true);
  assertEquals((await claustrum(dir.path, ["hub", "service", "cron"])).code, 2);
});

Deno.test("claustrum service --hub and claustrum hub service print the same", async () => {
  await using dir = await tempDir();
  for (const kind of ["systemd", "launchd", "windows"]) {
    const flags = ["--listen", "127.0.0.1:7777", "--name", "desk"];
    const one = await claustrum(dir.path, ["service", kind, "--hub", ...flags]);
    assertEquals([one.code, one.stdout.includes("--listen=127.0.0.1:7777")], [0, true], one.stderr);
    assertEquals(await claustrum(dir.path, ["hub", "service", kind, ...flags]), one);
  }
});

Deno.test("claustrum service tells flags of the hub from those of the daemon", async () => {
  await using dir = await tempDir();
  const wrong = [
    [["--listen", "127.0.0.1:1"], "--listen is for the hub: add --hub"],
    [["--hub", "--socket", "/x"], "--socket is for the daemon: with --hub say --daemon-socket"],
    [["--hub", "--keep-children"], "--keep-children is for the daemon: the hub runs no processes"],
  ] as const;
  for (const [flags, text] of wrong) {
    const { code, stderr } = await claustrum(dir.path, ["service", "systemd", ...flags]);
    assertEquals([code, stderr.includes(text)], [2, true], stderr);
  }
});

Deno.test("the task of the hub for Windows runs with the user's own rights, for as long as it is needed", () => {
  const { text, path, advice } = hubServiceUnit("windows", {
    ...OPTIONS,
    home: "C:\\Users\\me",
    user: "BOX\\me",
    command: ["C:\\Program Files\\deno.exe", "run", "a b"],
  });
  assertMatch(text, /<Command>C:\\Program Files\\deno\.exe<\/Command>\s*<Arguments>run "a b"<\/Arguments>/);
  assertEquals([...text.matchAll(/<UserId>BOX\\me<\/UserId>/g)].length, 2);
  assertMatch(text, /<RunLevel>LeastPrivilege<\/RunLevel>/);
  assertMatch(text, /<ExecutionTimeLimit>PT0S<\/ExecutionTimeLimit>/);
  assertEquals(path, "C:/Users/me/AppData/Local/claustrum/claustrum-hub.xml");
  const file = "C:\\Users\\me\\AppData\\Local\\claustrum\\claustrum-hub.xml";
  assertStringIncludes(advice, `schtasks /Create /TN claustrum-hub /XML "${file}" /F\n`);
});
