import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serviceUnit } from "../../lib/daemon/launch/service_unit.ts";
import { claustrum } from "../helpers/command.ts";
import { tempDir } from "../helpers/temp.ts";

const OPTIONS = { command: ["/usr/bin/claustrum", "serve"], socket: "/run/c/rpc.sock", home: "/home/me" };

Deno.test("the systemd unit ends the processes, or leaves them running with keepsChildren", () => {
  const ends = serviceUnit("systemd", { ...OPTIONS, keepsChildren: false });
  assertMatch(ends.text, /^ExecStart=\/usr\/bin\/claustrum serve --socket \/run\/c\/rpc\.sock$/m);
  assertMatch(ends.text, /^KillMode=mixed$/m);
  assertEquals(ends.path, "/home/me/.config/systemd/user/claustrum.service");
  assertStringIncludes(ends.advice, "loginctl enable-linger");
  const keeps = serviceUnit("systemd", { ...OPTIONS, keepsChildren: true });
  assertMatch(keeps.text, /^ExecStart=.* --keep-children$/m);
  assertMatch(keeps.text, /^# .*live on.*\nKillMode=process$/m);
});

Deno.test("the systemd unit quotes what systemd would expand or split", () => {
  const { text } = serviceUnit("systemd", { ...OPTIONS, socket: '/a b/%h$x"y', keepsChildren: false });
  assertMatch(text, /--socket "\/a b\/%%h\$\$x\\"y"$/m);
});

Deno.test("systemd-analyze accepts the systemd unit", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/claustrum.service`;
  const { text } = serviceUnit("systemd", { ...OPTIONS, command: ["/bin/sh"], socket: "/a b/x", keepsChildren: true });
  await Deno.writeTextFile(file, text);
  try {
    const command = new Deno.Command("systemd-analyze", { args: ["--user", "verify", file], stdin: "null" });
    const { stderr } = await command.output();
    const warnings = new TextDecoder().decode(stderr).split("\n").filter((line) => line.includes("claustrum.service"));
    assertEquals(warnings, []);
  } catch (error) {
    // systemd is not installed.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
});

Deno.test("the launchd property list is well-formed for any path", () => {
  const { text, path } = serviceUnit("launchd", { ...OPTIONS, socket: "/a&b/<s>", keepsChildren: true });
  assertStringIncludes(text, "<string>/a&amp;b/&lt;s&gt;</string>");
  assertMatch(text, /<key>AbandonProcessGroup<\/key>\s*<true\/>/);
  assertEquals(path, "/home/me/Library/LaunchAgents/claustrum.daemon.plist");
  const opened = [...text.matchAll(/<(dict|array|plist|string|key|integer)\b/g)].length;
  assertEquals([...text.matchAll(/<\/(dict|array|plist|string|key|integer)>/g)].length, opened);
});

Deno.test("service prints the unit, and installs it with --write", async () => {
  await using home = await tempDir();
  const printed = await claustrum(home.path, ["service", "systemd"]);
  assertEquals(printed.code, 0);
  assertMatch(
    printed.stdout,
    /^\[Unit\]\n[\s\S]*cli\.ts serve --foreground --socket \S+\/\.claude\/remote\/rpc\.sock$/m,
  );
  assertStringIncludes(printed.stderr, "systemctl --user");
  const written = await claustrum(home.path, ["service", "systemd", "--write"]);
  assertEquals(written.code, 0);
  const path = `${home.path}/.config/systemd/user/claustrum.service`;
  assert(written.stdout.startsWith(`wrote ${path}\nstart it with: `));
  assertEquals(await Deno.readTextFile(path), printed.stdout);
  assertEquals((await claustrum(home.path, ["service", "cron"])).code, 2);
});
