import { assertEquals, assertStringIncludes } from "@std/assert";
import { CLI } from "../helpers/daemon.ts";
import { farHost } from "../helpers/far_host.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { installed, versionsOf, writeRelease } from "../helpers/release.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { openShell } from "../helpers/shell_terminal.ts";
import { hasSsh } from "../helpers/ssh_server.ts";
import { waitFor } from "../helpers/wait.ts";

const VERSION = "v0.2.0";

/** A home directory whose `ssh` finds a host. */
async function homeWithSsh(options: readonly string[]) {
  const home = await sessionHome();
  await Deno.mkdir(`${home.path}/bin`, { recursive: true });
  const ssh = `#!/bin/sh\nexec /usr/bin/ssh ${options.map((each) => `'${each}'`).join(" ")} "$@"\n`;
  await Deno.writeTextFile(`${home.path}/bin/ssh`, ssh, { mode: 0o755 });
  const env = { PATH: `${home.path}/bin:/usr/local/bin:/usr/bin:/bin` };
  return { ...home, env, claustrum: (...args: string[]) => home.run(args, { env }) };
}

Deno.test({
  ...needing("a bare host is installed, shows its sessions, is upgraded and uninstalled", hasSsh(), "ssh and sshd"),
  async fn() {
    await using far = await farHost({ isInstalled: false, hasAgent: true });
    await using home = await homeWithSsh(far.options);
    const added = await home.claustrum("host", "add", "box", `ssh://127.0.0.1:${far.port}`);
    assertEquals([added.code, added.stdout], [
      1,
      "box is refused\nclaustrum is not installed there: claustrum host install box\n",
    ]);
    const none = await home.claustrum("host", "upgrade", "box");
    assertEquals([none.code, none.stderr], [
      1,
      "claustrum: box: claustrum is not installed there: claustrum host install box\n",
    ]);
    const first = await writeRelease(`${home.path}/first`, "first");
    const done = await home.claustrum("host", "install", "box", "--release", first);
    assertEquals([done.code, done.stdout, done.stderr], [0, `box is up\nversion ${VERSION}, 0 sessions\n`, ""]);

    const start = ["session", "start", far.home, "--host", "box", "--name", "far", "--trust", "--json"];
    const { id } = JSON.parse((await home.claustrum(...start)).stdout);
    const second = await writeRelease(`${home.path}/second`, "second");
    const upgraded = await home.claustrum("host", "upgrade", "--all", "--release", second);
    assertEquals([upgraded.code, upgraded.stdout, upgraded.stderr], [0, `box runs ${VERSION}\n`, ""]);
    assertEquals((await installed(far.home)).versions.length, 2);
    assertEquals((await home.claustrum("session", "send", id, "hello")).code, 0);
    const told = await waitFor("the answer", async () => {
      const { stdout } = await home.claustrum("session", "events", id);
      return stdout.includes("done: ") ? stdout : undefined;
    });
    assertEquals(told.match(/^(?:status|you|agent):.*$/gm), ["status: starting", "you: hello", "agent: echo: hello"]);

    const refused = await home.claustrum("host", "uninstall", "box");
    assertEquals([refused.code, refused.stderr], [
      1,
      "claustrum: box: 1 session on box would be ended or left alone: stop them first, or add --sessions\n",
    ]);
    const gone = await home.claustrum("host", "uninstall", "box", "--sessions");
    assertStringIncludes(gone.stdout, `no longer installed on box\nleft there: ${far.home}/.local/state/claustrum\n`);
    assertEquals(await installed(far.home), { launcher: "", versions: [] });
    assertEquals(JSON.parse((await home.claustrum("host", "status", "box", "--json")).stdout).problem, "not_installed");
  },
});

Deno.test({
  ...needing("host install --json tells why it fails, and so does the host", hasSsh(), "ssh and sshd"),
  async fn() {
    await using far = await farHost({ isInstalled: false });
    await using home = await homeWithSsh(far.options);
    await home.claustrum("host", "add", "box", `ssh://127.0.0.1:${far.port}`);
    const missing = await home.claustrum("host", "install", "box", "--release", "nowhere");
    assertEquals([missing.code, missing.stdout], [1, ""]);
    assertStringIncludes(missing.stderr, '/nowhere" contains no release: it has no file "claustrum"');
    const broken = await writeRelease(`${home.path}/broken`);
    await Deno.writeTextFile(`${broken}/claustrum`, "#!/bin/sh\necho 'wrong machine'\nexit 3\n");
    const failed = await home.claustrum("host", "install", "box", "--release", broken);
    assertEquals([failed.code, failed.stderr], [
      1,
      "claustrum: box: the release does not run there, and was not installed: wrong machine\n",
    ]);
    assertEquals(await installed(far.home), { launcher: "", versions: [] });
    assertEquals([...Deno.readDirSync(versionsOf(far.home))], []);
    const { install } = JSON.parse((await home.claustrum("host", "status", "box", "--json")).stdout);
    assertEquals(install.error, "the release does not run there, and was not installed: wrong machine");
  },
});

Deno.test({
  ...needing(
    "session attach opens a session of another host over ssh",
    hasSsh() && findProgram("tmux") !== undefined,
    "ssh, sshd and tmux",
  ),
  async fn() {
    await using far = await farHost({ hasAgent: true });
    await using home = await homeWithSsh(far.options);
    await home.claustrum("host", "add", "box", `ssh://127.0.0.1:${far.port}`);
    await home.claustrum("session", "start", far.home, "--host", "box", "--name", "far", "--trust");
    await using shell = await openShell({ home: home.path, columns: 120, env: home.env });
    await shell.type(`${Deno.execPath()} run -A --quiet ${CLI} session attach far --host box; echo code $?`);
    await shell.shows(/❯/);
    await shell.type("by hand");
    await shell.shows(/echo: by hand/);
    await shell.press("C-b");
    await shell.press("d");
    await shell.shows(/code 0/);
  },
});
