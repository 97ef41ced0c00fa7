import { assert, assertEquals } from "@std/assert";
import { configFiles, parseConfig, readConfig, resolveSettings } from "../../lib/config/config_file.ts";
import { DEFAULT_SETTINGS, type SettingName, SETTINGS } from "../../lib/config/settings.ts";
import { parseClassic } from "../../lib/cli/classic.ts";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { LineClient } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SHA = "0123456789abcdef0123456789abcdef01234567";

/** For each setting: a valid text, its value, invalid texts, and another value for the command line. */
const TABLE: Readonly<Record<SettingName, readonly [string, unknown, readonly string[], string, unknown]>> = {
  "cli-download-timeout": ["1m30s", 90_000, ["90", "", "1d"], "2s", 2_000],
  "cli-probe-timeout": ["500ms", 500, ["x"], "1h", 3_600_000],
  "contract": ["next", "next", ["", "newest", "Next"], "seed", "seed"],
  "git-timeout": ["0", 0, ["-", "1 m"], "1.5s", 1_500],
  "handover": ["1", true, ["maybe"], "false", false],
  "keep-children": ["Yes", true, ["maybe", "2", ""], "false", false],
  "libc-probe-timeout": ["10s", 10_000, ["ten"], "0", 0],
  "listen-pipe": ["on", true, ["y"], "0", false],
  "log-dir": ["/logs of mine", "/logs of mine", [], "", ""],
  "max-cli-bytes": ["1000", 1_000, ["1k", "1.5", "0x10"], "7", 7],
  "max-extract-bytes": ["0", 0, ["", "many"], "9", 9],
  "metrics-addr": ["127.0.0.1:9090", "127.0.0.1:9090", [], ":1", ":1"],
  "version-override": [SHA, SHA, ["abc", `${SHA}0`, SHA.replace("0", "g")], "", ""],
  "wire-log": ["/tmp/x=y #z", "/tmp/x=y #z", [], "/w", "/w"],
  "wire-log-max-string": ["64", 64, ["-"], "0", 0],
};

for (const [name, [good, value, bad, flag, flagValue]] of Object.entries(TABLE)) {
  const key = name as SettingName;
  Deno.test(`${key}: absent, valid, invalid, overridden`, async () => {
    await using directory = await tempDir();
    const file = `${directory.path}/claustrum.conf`;
    const warnings: string[] = [];
    const resolved = async (text: string, flags = {}) => {
      await Deno.writeTextFile(file, text);
      return (await resolveSettings(flags, (warning) => warnings.push(warning), [file]))[key] as unknown;
    };
    assertEquals(await resolved(""), DEFAULT_SETTINGS[key]);
    assertEquals(await resolved(`  ${key.toUpperCase()}  =  ${good}  \r\n`), value);
    assertEquals(warnings, []);
    for (const text of bad) {
      assertEquals(await resolved(`${key} = ${text}`), DEFAULT_SETTINGS[key]);
      assertEquals(warnings.pop(), `${file}:1: ignored, ${JSON.stringify(text)} is not a valid value of ${key}`);
    }
    if (flag === "") return;
    const { settings } = parseClassic([`-${key}=${flag}`]);
    assertEquals(await resolved(`${key} = ${good}`, settings), flagValue);
  });
}

Deno.test("SETTINGS has a test case for every setting", () => {
  assertEquals(Object.keys(TABLE).sort(), Object.keys(SETTINGS).sort());
});

Deno.test("parseConfig() takes keys that are written with underscores, and shows unknown ones as they are", () => {
  const warnings: string[] = [];
  const settings = parseConfig("log_dir = /l\nGIT_timeout = 1s\nno_key = 1\n", "f", (text) => warnings.push(text));
  assertEquals(settings, { "log-dir": "/l", "git-timeout": 1_000 });
  assertEquals(warnings, ['f:3: ignored, "no_key" is not a setting']);
});

Deno.test("parseConfig() skips comments and blank lines, lets later lines win, and warns about ignored lines", () => {
  const warnings: string[] = [];
  const text = "# claustrum\n\n  # more\ngit-timeout=1s\nnonsense\ngit-timeout = 2s\nnope = 1\nmax-cli-bytes = -5\n";
  assertEquals(parseConfig(text, "f", (warning) => warnings.push(warning)), {
    "git-timeout": 2_000,
    "max-cli-bytes": 0,
  });
  assertEquals(warnings, [
    "f:5: ignored, it has no =",
    'f:7: ignored, "nope" is not a setting',
    "f:8: max-cli-bytes -5 counts as 0",
  ]);
});

Deno.test("claustrum serve reads the configuration beside the program when it starts a daemon in the background", async () => {
  await using home = await testHome();
  await using program = await tempDir();
  for (const name of ["cli.ts", "mod.ts", "lib", "deno.json"]) {
    await Deno.symlink(`${ROOT}${name}`, `${program.path}/${name}`);
  }
  // Without it, the packages would be looked up anew.
  await Deno.copyFile(`${ROOT}deno.lock`, `${program.path}/.local.lock`);
  await Deno.writeTextFile(`${program.path}/claustrum.conf`, `version-override = ${SHA}\n`);
  for (const main of [`${program.path}/cli.ts`, `${program.path}/mod.ts`]) {
    const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket], { main });
    assertEquals(code, 0, stderr);
    using client = await LineClient.connect(home.socket, await home.token());
    assertEquals((await client.call("server.version")).result!.version, SHA);
    await claustrum(home.path, ["stop", "--socket", home.socket]);
  }
});

Deno.test("resolveSettings() reads the files of the program and of the user, and the latter wins", async () => {
  const env = (values: Record<string, string>) => ({ get: (name: string) => values[name] });
  const program = "file:///opt/my%20tools/claustrum.js";
  assertEquals(configFiles({ env: env({ HOME: "/h" }), program }), [
    "/opt/my tools/claustrum.conf",
    "/h/.config/claustrum/claustrum.conf",
  ]);
  assertEquals(configFiles({ env: env({ HOME: "/h", XDG_CONFIG_HOME: "/x" }), program: "https://jsr.io/mod.ts" }), [
    "/x/claustrum/claustrum.conf",
  ]);
  assertEquals(configFiles({ env: env({}), program: "https://jsr.io/mod.ts" }), []);
  await using directory = await tempDir();
  const [first, second] = [`${directory.path}/1`, `${directory.path}/2`];
  await Deno.writeTextFile(first, "git-timeout = 1s\nmax-cli-bytes = 1\n");
  await Deno.writeTextFile(second, "git-timeout = 2s\n");
  assertEquals(await readConfig([first, second, `${directory.path}/3`], assert), {
    "git-timeout": 2_000,
    "max-cli-bytes": 1,
  });
});

Deno.test("readConfig() reads only regular files, and only their first 64 KiB", async () => {
  await using directory = await tempDir();
  const fifo = `${directory.path}/fifo`;
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  const large = `${directory.path}/large`;
  await Deno.writeTextFile(large, "git-timeout = 1s\n" + "# filler\n".repeat(8_000) + "git-timeout = 2s\n");
  const warnings: string[] = [];
  assertEquals(await readConfig([fifo, large, directory.path], (warning) => warnings.push(warning)), {
    "git-timeout": 1_000,
  });
  assertEquals(warnings, [
    `${fifo}: ignored, it is not a regular file`,
    `${large}: ignored beyond its first 65536 bytes`,
    `${directory.path}: ignored, it is not a regular file`,
  ]);
});

Deno.test("serve applies its configuration file and logs the problems in it", async () => {
  await using directory = await tempDir();
  await Deno.mkdir(`${directory.path}/claustrum`);
  const text = `version-override = ${SHA}\ntypo = 1\nlisten-pipe = on\n`;
  await Deno.writeTextFile(`${directory.path}/claustrum/claustrum.conf`, text);
  const env = { XDG_CONFIG_HOME: directory.path };
  await using daemon = await startDaemon({ env });
  using client = await daemon.connect();
  assertEquals((await client.call("server.version")).result!.version, SHA);
  assert(daemon.log().includes(`WARN  [config] ${directory.path}/claustrum/claustrum.conf:2: ignored`), daemon.log());
  assert(daemon.log().includes("WARN  [Server] -listen-pipe is only supported on Windows and is ignored:"));
  const { stdout } = await claustrum(directory.path, ["version"], { env });
  assertEquals(/^claude-ssh (\S+) \(via Claustrum v\S+, built unknown\)\n$/.exec(stdout)?.[1], SHA);
  const facts = await claustrum(directory.path, ["-install"], { env });
  assert(facts.stdout.includes(`"serverVersion":"${SHA}"`), facts.stdout);
});
