import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { install, type InstallOptions } from "../../lib/install/mod.ts";
import { detectLibc } from "../../lib/install/libc.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { fakeCli, namesIn, sha256, zstd } from "../helpers/cli_blob.ts";
import { claustrum } from "../helpers/command.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";

/** A CLI that does not answer. It ends with its group. */
const DEAF = new TextEncoder().encode("#!/bin/sh\nsleep 1000\n");
const BROKEN = new TextEncoder().encode("#!/bin/sh\nexit 3\n");
/** A time for the run of a CLI that a test waits for, in milliseconds. */
const SHORT_MS = 100;

async function place(bytes: Uint8Array<ArrayBuffer> = fakeCli("1.0")) {
  const directory = await tempDir();
  const home = `${directory.path}/home`;
  await Deno.mkdir(home);
  const zst = `${directory.path}/cli.blob`;
  const blob = await zstd(bytes);
  await Deno.writeFile(zst, blob);
  const cliDir = `${directory.path}/cli`;
  const run = (options: Partial<InstallOptions> = {}) =>
    install({ cliDir, cliVersion: "1.0", source: { zst }, env: { HOME: home }, contract: "next", ...options });
  return { path: directory.path, home, cliDir, zst, blob, run, [Symbol.asyncDispose]: directory[Symbol.asyncDispose] };
}

/** Puts a CLI where it would be installed. */
async function put({ cliDir }: { cliDir: string }, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await Deno.mkdir(cliDir, { recursive: true });
  await Deno.writeFile(`${cliDir}/1.0`, bytes, { mode: 0o755 });
}

/** Settings that prescribe a launcher, and the environment of a client that uses it. */
async function prescribe({ path, home }: { path: string; home: string }, script: string, value?: string) {
  const launcher = `${path}/launch`;
  await Deno.writeTextFile(launcher, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const settings = { env: { CLAUDE_CODE_PROCESS_WRAPPER: value ?? launcher } };
  await Deno.writeTextFile(`${path}/managed-settings.json`, JSON.stringify(settings));
  return {
    launcher,
    source: `${path}/managed-settings.json`,
    env: { HOME: home, CLAUDE_SSH_MANAGED_LAUNCHER: "1", CLAUDE_SSH_E2E_MANAGED_SETTINGS_DIR: path },
  };
}

Deno.test("install() of next installs below the home directory if no directory is named", async () => {
  await using at = await place();
  const facts = await at.run({ cliDir: "" });
  assertEquals([facts.cliError, facts.cliPath], [undefined, `${at.home}/.claude/remote/ccd-cli/1.0`]);
  assertEquals((await Deno.stat(facts.cliPath)).mode! & 0o777, 0o755);
  assertEquals((await Deno.stat(`${at.home}/.claude/remote/ccd-cli`)).mode! & 0o777, 0o700);
  assert(!("launcherStatus" in facts));
});

Deno.test("install() of next makes the directory before it looks for a source", async () => {
  await using at = await place();
  const facts = await install({ cliDir: at.cliDir, cliVersion: "1.0", env: { HOME: at.home }, contract: "next" });
  assertEquals(facts.cliError, "cli 1.0 missing and no --cli-url or --cli-zst provided");
  assertEquals((await Deno.stat(at.cliDir)).mode! & 0o777, 0o700);
});

for (const kind of ["file", "link", "fifo"] as const) {
  Deno.test(`install() of next replaces a ${kind} in the place of the directory`, async () => {
    await using at = await place();
    if (kind === "file") await Deno.writeTextFile(at.cliDir, "old");
    if (kind === "link") {
      await Deno.writeTextFile(`${at.path}/target`, "old");
      await Deno.symlink(`${at.path}/target`, at.cliDir);
    }
    if (kind === "fifo") assert((await new Deno.Command("mkfifo", { args: [at.cliDir] }).output()).success);
    await Deno.writeTextFile(`${at.path}/ccd-cli-version`, "0.9");
    assertEquals((await at.run()).cliError, undefined);
    assertEquals(namesIn(at.cliDir), ["1.0"]);
    assertEquals(await isThere(`${at.path}/ccd-cli-version`), false);
    if (kind === "link") assertEquals(await Deno.readTextFile(`${at.path}/target`), "old");
  });
}

Deno.test("install() of next follows a link to a directory, and spares the file beside a directory", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.path}/real`);
  await Deno.symlink(`${at.path}/real`, at.cliDir);
  await Deno.writeTextFile(`${at.path}/ccd-cli-version`, "0.9");
  assertEquals((await at.run()).cliError, undefined);
  assertEquals(namesIn(`${at.path}/real`), ["1.0"]);
  assert(await isThere(`${at.path}/ccd-cli-version`));
});

Deno.test("install() of next removes a CLI that ends with an error", async () => {
  await using at = await place(BROKEN);
  const facts = await at.run();
  assertEquals(facts.cliError, `installed cli at ${at.cliDir}/1.0 is not runnable`);
  assertEquals(namesIn(at.cliDir), []);
  assert(!("cliUnresponsive" in facts));
});

Deno.test("install() of next says that a CLI does not answer, and lets it stay", async () => {
  await using at = await place();
  await put(at, DEAF);
  const { cliError, cliUnresponsive, cliWasPresent } = await at.run({ probeTimeoutMs: SHORT_MS });
  const text = "cli unresponsive: the installed Claude Code binary started but did not answer --version within 30s " +
    "(120s for a first run) and was stopped; the host is not letting it run (endpoint security software or a stalled " +
    "network home are the usual causes)";
  assertEquals({ cliError, cliUnresponsive, cliWasPresent }, {
    cliError: text,
    cliUnresponsive: true,
    cliWasPresent: false,
  });
  assertEquals(await Deno.readFile(`${at.cliDir}/1.0`), DEAF);
  assert(await isThere(at.zst));
});

Deno.test("install() of next gives a new CLI two minutes to answer", async () => {
  const slow = `#!/bin/sh\nsleep 0.3\n`;
  await using at = await place(new TextEncoder().encode(slow));
  assertEquals((await at.run({ probeTimeoutMs: SHORT_MS })).cliError, undefined);
  assertEquals((await at.run({ probeTimeoutMs: SHORT_MS })).cliUnresponsive, true);
});

Deno.test("install() of next compares checksums with their case, and allows names of leftovers", async () => {
  await using at = await place();
  const sum = await sha256(at.blob);
  const { cliError } = await at.run({ source: { zst: at.zst, sha256: sum.toUpperCase() } });
  assertEquals(cliError, `checksum mismatch: expected=${sum.toUpperCase()}, actual=${sum}`);
  const facts = await at.run({ cliVersion: "1.zst", source: { zst: at.zst, sha256: sum } });
  assertEquals([facts.cliError, facts.cliPath], [undefined, `${at.cliDir}/1.zst`]);
  assertEquals(namesIn(at.cliDir), ["1.zst"]);
});

Deno.test("install() of next removes parts of downloads after a week", async () => {
  await using at = await place();
  await Deno.mkdir(at.cliDir);
  const day = 24 * 60 * 60;
  for (const [name, days] of [["a.zst.part", 8], ["b.zst.part", 6], ["c.zst", 1], ["d", 8]] as const) {
    await Deno.writeTextFile(`${at.cliDir}/${name}`, "");
    const then = Date.now() / 1000 - days * day;
    await Deno.utime(`${at.cliDir}/${name}`, then, then);
  }
  await at.run();
  assertEquals(namesIn(at.cliDir), ["1.0", "b.zst.part", "d"]);
});

Deno.test("install() of next tells how far an interrupted download got", async () => {
  await using at = await place();
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const serving = (async () => {
    using conn = await listener.accept();
    await conn.read(new Uint8Array(1 << 16));
    await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n0123456789"));
  })();
  const url = `http://127.0.0.1:${listener.addr.port}/cli.zst`;
  const { cliError } = await at.run({ source: { url, sha256: "00" } });
  await serving;
  assertMatch(cliError ?? "", /^download interrupted after (0|10)\/100 bytes: unexpected EOF$/);
});

Deno.test("install() of next believes ldd rather than the loader", { ignore: Deno.build.os !== "linux" }, async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(`${directory.path}/ld-musl-x86_64.so.1`, "");
  const decide = (decider: "ldd first" | "loader first") => detectLibc({ timeoutMs: 5_000 }, directory.path, decider);
  assertEquals([await decide("loader first"), await decide("ldd first")], ["musl", "glibc"]);
});

Deno.test("install() of next runs the CLI through the launcher that is prescribed", async () => {
  await using at = await place();
  const { launcher, source, env } = await prescribe(at, `echo "$@" >>"$0.log"\nexec "$@"`);
  const facts = await at.run({ env });
  assertEquals(Object.keys(facts).slice(6), ["launcherStatus", "launcher", "launcherSource"]);
  assertEquals([facts.launcherStatus, facts.launcher, facts.launcherSource], ["usable", [launcher], source]);
  assertEquals((await at.run({ env })).cliWasPresent, true);
  assertEquals(await Deno.readTextFile(`${launcher}.log`), `${at.cliDir}/1.0 --version\n`.repeat(2));
  assertEquals((await at.run({ env: { HOME: at.home } })).launcherStatus, undefined);
  await Deno.remove(source);
  assertEquals((await at.run({ env })).launcherStatus, "none");
});

Deno.test("install() of next tells what a launcher says when it fails, and lets the CLI stay", async () => {
  await using at = await place();
  const { env } = await prescribe(at, `head -c 20000 /dev/zero | tr '\\0' x >&2; exit 1`);
  const { launcherStatus, launcherStderr, cliError } = await at.run({ env });
  assertEquals([launcherStatus, launcherStderr], ["probe_failed", "x".repeat(8192)]);
  assertEquals(cliError, `installed cli at ${at.cliDir}/1.0 is not runnable`);
  assertEquals(namesIn(at.cliDir), ["1.0"]);
});

Deno.test("install() of next says that the run through a launcher does not end", async () => {
  await using at = await place();
  await put(at, fakeCli("1.0"));
  const { env, launcher } = await prescribe(at, 'echo started >>"$0.log"; sleep 1000');
  const clock = fakeClock();
  const running = at.run({ env, clock, probeTimeoutMs: 30_000 });
  await waitFor("the launcher", () => isThere(`${launcher}.log`));
  clock.advance(33_000);
  const { launcherStatus, cliError, cliUnresponsive } = await running;
  assertEquals([launcherStatus, cliUnresponsive], ["unresponsive", true]);
  assertStringIncludes(cliError ?? "", `managed launcher ${launcher} and the run did not answer --version within 33s`);
});

Deno.test("install() of next runs nothing when the launcher cannot be used", async () => {
  await using at = await place();
  await put(at, new TextEncoder().encode(`#!/bin/sh\ntouch ${at.path}/ran\n`));
  const { env, source } = await prescribe(at, "exit 0", "run");
  const { launcherStatus, launcherReason, launcherSource, cliWasPresent } = await at.run({ env });
  assertEquals([launcherStatus, launcherSource, cliWasPresent], ["unusable", source, true]);
  assertStringIncludes(launcherReason ?? "", "must be an absolute path");
  await Deno.writeTextFile(source, "{");
  const unreadable = await at.run({ env });
  assertEquals([unreadable.launcherStatus, unreadable.launcherPath, unreadable.launcherReason], [
    "unreadable",
    source,
    "not valid JSON",
  ]);
  assertEquals(await isThere(`${at.path}/ran`), false);
});

Deno.test("claustrum -probe-cli says in one word whether a CLI answers", async () => {
  await using at = await place();
  const probe = async (bytes: Uint8Array<ArrayBuffer>, env: Record<string, string> = {}, ...flags: string[]) => {
    await put(at, bytes);
    const args = ["-probe-cli", `${at.cliDir}/1.0`, "-contract", "next", ...flags];
    return await claustrum(at.home, args, { env });
  };
  assertEquals(await probe(fakeCli("1.0")), { code: 0, stdout: "", stderr: "" });
  const broken = new TextEncoder().encode("#!/bin/sh\necho why >&2\nexit 1\n");
  assertEquals(await probe(broken), { code: 0, stdout: "__CLI_BAD__\n", stderr: "why\n" });
  const hung = await probe(DEAF, {}, "-cli-probe-timeout", "100ms");
  assertEquals([hung.code, hung.stdout], [0, "__CLI_HUNG__\n"]);
  const { env } = await prescribe(at, "echo no >&2; exit 1");
  const { HOME: _home, ...rest } = env;
  assertEquals(await probe(fakeCli("1.0"), rest), { code: 0, stdout: "__CLI_LAUNCHER__\n", stderr: "no\n" });
  const seed = await claustrum(at.home, ["-probe-cli", `${at.cliDir}/1.0`]);
  assertEquals([seed.code, seed.stdout], [2, ""]);
  assertStringIncludes(seed.stderr, "flag provided but not defined: -probe-cli\n");
});
