import { assert, assertEquals, assertRejects } from "@std/assert";
import { install, type InstallOptions, type InstallProgress, type InstallSource } from "../../lib/install/mod.ts";
import { fakeCli, namesIn, sha256, zstd } from "../helpers/cli_blob.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";

/** Creates a directory of versions and a compressed CLI next to it. */
async function place(version = "1.0", bytes: Uint8Array<ArrayBuffer> = fakeCli(version)) {
  const directory = await tempDir();
  const zst = `${directory.path}/cli.blob`;
  const blob = await zstd(bytes);
  await Deno.writeFile(zst, blob);
  const cliDir = `${directory.path}/cli`;
  const run = (options: Partial<InstallOptions> = {}) =>
    install({ cliDir, cliVersion: version, source: { zst }, env: { HOME: `${directory.path}/home` }, ...options });
  return { path: directory.path, cliDir, zst, blob, run, [Symbol.asyncDispose]: directory[Symbol.asyncDispose] };
}

Deno.test("install() installs a CLI, returns the facts in order and removes the source file", async () => {
  await using at = await place();
  const phases: InstallProgress[] = [];
  const facts = await at.run({ onProgress: (progress) => phases.push(progress), serverVersion: "v9" });
  assertEquals(
    JSON.stringify(facts),
    `{"serverVersion":"v9","os":"linux","arch":"${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}","libc":"glibc",` +
      `"cliPath":"${at.cliDir}/1.0","cliWasPresent":false}`,
  );
  assertEquals(await Deno.readFile(facts.cliPath), fakeCli("1.0"));
  assertEquals((await Deno.stat(facts.cliPath)).mode! & 0o7777, 0o755);
  assertEquals((await Deno.stat(at.cliDir)).mode! & 0o7777, 0o700);
  assertEquals(namesIn(at.path), ["cli"]);
  assertEquals(namesIn(at.cliDir), ["1.0"]);
  assertEquals(phases, [{ phase: "verify" }, { phase: "decompress" }, { phase: "probe" }]);
});

Deno.test("install() changes nothing when the version is installed and runs, also through a symlink", async () => {
  await using at = await place();
  await Deno.mkdir(at.cliDir);
  await Deno.writeFile(`${at.path}/real`, fakeCli("1.0"), { mode: 0o755 });
  await Deno.symlink("../real", `${at.cliDir}/1.0`);
  for (const name of [".fetch-old", "x.zst", "a", "b", "c", "d"]) await Deno.writeTextFile(`${at.cliDir}/${name}`, "");
  const before = namesIn(at.cliDir);
  assertEquals((await at.run()).cliWasPresent, true);
  assertEquals(namesIn(at.cliDir), before);
  assert(await isThere(at.zst));
});

Deno.test("install() replaces a version that does not run, a directory or a dangling symlink", async () => {
  for (const kind of ["broken", "directory", "symlink"]) {
    await using at = await place();
    await Deno.mkdir(at.cliDir);
    if (kind === "broken") await Deno.writeTextFile(`${at.cliDir}/1.0`, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    if (kind === "directory") await Deno.mkdir(`${at.cliDir}/1.0/full/of/things`, { recursive: true });
    if (kind === "symlink") await Deno.symlink("nowhere", `${at.cliDir}/1.0`);
    const { cliError, cliWasPresent, cliPath } = await at.run();
    assertEquals([cliError, cliWasPresent], [undefined, false]);
    assertEquals(await Deno.readFile(cliPath), fakeCli("1.0"));
  }
});

for (
  const [version, text] of [
    ["", 'cli version "" must be a single path component'],
    [".", 'cli version "." must be a single path component'],
    ["..", 'cli version ".." must be a single path component'],
    ["a/b", 'cli version "a/b" must be a single path component'],
    ["/etc", 'cli version "/etc" must be a single path component'],
    ["a\\b", 'cli version "a\\\\b" must be a single path component'],
    [".fetch-1", 'cli version ".fetch-1" collides with the install temp sweep'],
    ["1.zst", 'cli version "1.zst" collides with the install temp sweep'],
    [".blob-1", 'cli version ".blob-1" collides with the install download blob'],
  ] as const
) {
  Deno.test(`install() refuses the version ${JSON.stringify(version)} and changes nothing`, async () => {
    await using at = await place();
    await Deno.mkdir(at.cliDir);
    await Deno.writeTextFile(`${at.cliDir}/.fetch-old`, "");
    const facts = await at.run({ cliVersion: version });
    assertEquals(facts.cliError, text);
    assertEquals(facts.cliPath, version === "" ? "" : facts.cliPath);
    assert(await isThere(at.zst));
    assertEquals(namesIn(at.cliDir), [".fetch-old"]);
  });
}

Deno.test("install() never replaces the home directory, by any name", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.path}/home/sub`, { recursive: true });
  await Deno.symlink(at.path, `${at.path}/link`);
  for (const cliDir of [at.path, `${at.path}/link`, `${at.path}/home/..`]) {
    for (const cliVersion of ["home"]) {
      const { cliError, cliPath } = await at.run({ cliDir, cliVersion });
      assertEquals(cliError, `cli path must not be or contain the home directory: ${cliPath}`);
    }
  }
  assert(await isThere(`${at.path}/home/sub`));
});

Deno.test("install() keeps the home directory when only the kernel resolves the path to it", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.path}/home/sub`, { recursive: true });
  await Deno.mkdir(`${at.path}/other`);
  await Deno.symlink("../home/sub", `${at.path}/other/link`);
  await Deno.symlink("../home", `${at.path}/other/alias`);
  for (const [cliDir, cliVersion] of [["other/link/../..", "home"], ["other", "alias"]] as const) {
    const { cliError, cliPath } = await at.run({ cliDir: `${at.path}/${cliDir}`, cliVersion });
    assertEquals(cliError, `cli path must not be or contain the home directory: ${cliPath}`);
  }
  assert(await isThere(`${at.path}/home/sub`));
});

Deno.test("install() removes only a stale directory when a parent is a symlink", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.cliDir}/1.0/full/of/things`, { recursive: true });
  await Deno.mkdir(`${at.cliDir}/2.0/kept`, { recursive: true });
  await Deno.symlink("cli", `${at.path}/link`);
  const { cliError, cliPath } = await at.run({ cliDir: `${at.path}/link/` });
  assertEquals([cliError, cliPath], [undefined, `${at.path}/link/1.0`]);
  assertEquals(await Deno.readFile(`${at.cliDir}/1.0`), fakeCli("1.0"));
  assert(await isThere(`${at.cliDir}/2.0/kept`));
});

Deno.test("install() reports missing options", async () => {
  await using at = await place();
  const { source: _none, ...options } = { cliDir: at.cliDir, cliVersion: "1.0", source: undefined };
  assertEquals((await install(options)).cliError, "cli 1.0 missing and no --cli-url or --cli-zst provided");
  assertEquals(
    (await at.run({ source: { zst: "/nonexistent/x.zst" } })).cliError,
    "opening input: open /nonexistent/x.zst: no such file or directory",
  );
  assertEquals((await at.run({ cliDir: "" })).cliPath, "");
});

Deno.test("install() refuses a source that is not a regular file without opening it", async () => {
  await using at = await place();
  const fifo = `${at.path}/fifo`;
  assert((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
  await Deno.symlink("fifo", `${at.path}/link`);
  for (
    const [zst, text] of [
      [fifo, "not a regular file"],
      [`${at.path}/link`, "not a regular file"],
      ["/dev/null", "not a regular file"],
      [at.path, "is a directory"],
    ] as const
  ) {
    for (const source of [{ zst }, { zst, sha256: "00" }]) {
      assertEquals((await soon("install()", at.run({ source }))).cliError, `opening input: open ${zst}: ${text}`);
      assert(await isThere(zst));
    }
  }
  assert(!await isThere(at.cliDir), "nothing is made for a wrong source");
});

Deno.test({
  name: "install() names the source when it cannot be read, with and without a checksum",
  // A regular file whose first bytes cannot be read, because they are not mapped.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using at = await place();
    const zst = "/proc/self/mem";
    const errorOf = async (source: InstallSource) => (await at.run({ source })).cliError;
    assertEquals(await errorOf({ zst, sha256: "00" }), `opening input: read ${zst}: input/output error`);
    assertEquals(await errorOf({ zst }), `decompressing: read ${zst}: input/output error`);
    assertEquals(namesIn(at.cliDir), []);
  },
});

Deno.test("install() verifies a local file when a checksum in any letter case is given, and keeps a wrong file", async () => {
  await using at = await place();
  const sum = await sha256(at.blob);
  for (const wrong of ["00", "", sum.slice(1)]) {
    const { cliError } = await at.run({ source: { zst: at.zst, sha256: wrong } });
    assertEquals(cliError, `checksum mismatch: expected=${wrong}, actual=${sum}`);
  }
  assert(await isThere(at.zst));
  assert(!await isThere(at.cliDir), "nothing is made for a wrong file");
  assertEquals((await at.run({ source: { zst: at.zst, sha256: sum.toUpperCase() } })).cliError, undefined);
});

Deno.test("install() keeps a source file when decompressing fails, even in the swept directory", async () => {
  await using at = await place("1.0", fakeCli("1.0", 5_000));
  await Deno.mkdir(at.cliDir);
  const zst = `${at.cliDir}/mine.zst`;
  for (
    const [bytes, text] of [
      [at.blob.subarray(0, -3), "decompressing: unexpected EOF"],
      [new TextEncoder().encode("no zstd"), "decompressing: invalid input: magic number mismatch"],
      [new Uint8Array(0), "decompressing: unexpected EOF"],
      [Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3), "decompressing: unexpected EOF"],
    ] as const
  ) {
    await Deno.writeFile(zst, bytes);
    await Deno.writeTextFile(`${at.cliDir}/other.zst`, "");
    await Deno.writeTextFile(`${at.cliDir}/.fetch-old`, "");
    await makeOld(at.cliDir, ["mine.zst", "other.zst", ".fetch-old"]);
    assertEquals((await at.run({ source: { zst } })).cliError, text);
    assertEquals(namesIn(at.cliDir), ["mine.zst"]);
  }
});

Deno.test("install() removes the source file when its CLI does not run", async () => {
  for (const bytes of [new TextEncoder().encode("#!/bin/sh\nexit 3\n"), new Uint8Array(0), fakeCli("x").slice(2)]) {
    await using at = await place("1.0", bytes);
    const { cliError, cliPath } = await at.run();
    assertEquals(cliError, `installed cli at ${cliPath} is not runnable`);
    assert(!await isThere(at.zst));
    assertEquals(namesIn(at.cliDir), []);
  }
});

Deno.test("install() kills a CLI and its children when it hangs", async () => {
  await using at = await place("1.0", new TextEncoder().encode(`#!/bin/sh\nsleep 600 & sleep 600\n`));
  const { cliError, cliPath } = await at.run({ probeTimeoutMs: 50 });
  assertEquals(cliError, `installed cli at ${cliPath} is not runnable`);
});

Deno.test("install() fails when the CLI exceeds the size limit", async () => {
  await using at = await place("1.0", fakeCli("1.0", 200_000));
  assertEquals((await at.run({ maxBytes: 100_000 })).cliError, "decompressing: decompressed CLI exceeds 100000 bytes");
  assertEquals(namesIn(at.cliDir), []);
  const size = fakeCli("1.0", 200_000).length;
  assertEquals((await at.run({ maxBytes: size })).cliError, undefined);
});

Deno.test("install() reports why the directory cannot be created or written", async () => {
  await using at = await place();
  await Deno.writeTextFile(`${at.path}/file`, "");
  assertEquals(
    (await at.run({ cliDir: `${at.path}/file/cli` })).cliError,
    `mkdir cli dir: mkdir ${at.path}/file/cli: not a directory`,
  );
  assertEquals(
    (await at.run({ cliDir: `${at.path}/file` })).cliError,
    `mkdir cli dir: mkdir ${at.path}/file: not a directory`,
  );
  const long = `${at.path}/${"d".repeat(250)}`;
  assertEquals(
    (await at.run({ cliDir: long, cliVersion: "v".repeat(256) })).cliError?.includes("file name too long"),
    true,
  );
});

Deno.test("install() removes the oldest versions but never the one just installed", async () => {
  await using at = await place("new");
  const fill = async () => {
    await Deno.mkdir(`${at.cliDir}/directory`, { recursive: true });
    for (const [age, name] of ["a", "b", "c", "d"].entries()) {
      await Deno.writeTextFile(`${at.cliDir}/${name}`, "");
      const time = new Date(Date.now() + (age - 2) * 3_600_000);
      await Deno.utime(`${at.cliDir}/${name}`, time, time);
    }
    await Deno.writeFile(at.zst, at.blob);
    await Deno.remove(`${at.cliDir}/new`).catch((error) => assert(error instanceof Deno.errors.NotFound));
  };
  for (
    const [keep, left] of [
      [undefined, ["c", "d", "directory", "new"]],
      [1, ["directory", "new"]],
      [0, ["a", "b", "c", "d", "directory", "new"]],
      [2, ["d", "directory", "new"]],
    ] as const
  ) {
    await fill();
    await at.run(keep === undefined ? {} : { keep });
    assertEquals(namesIn(at.cliDir), left);
  }
});

Deno.test("install() counts and removes only complete versions", async () => {
  await using at = await place("new");
  await Deno.mkdir(at.cliDir);
  const live = [".blob-live", ".fetch-live", "live.zst"];
  await using stack = new AsyncDisposableStack();
  // They are newer than all versions, so they would be kept instead of versions if they counted.
  for (const [age, name] of ["old", "kept", ...live].entries()) {
    await Deno.writeTextFile(`${at.cliDir}/${name}`, "");
    const time = new Date(Date.now() + (age - 2) * 3_600_000);
    await Deno.utime(`${at.cliDir}/${name}`, time, time);
  }
  for (const name of live) await stack.use(await Deno.open(`${at.cliDir}/${name}`)).lock(false);
  await at.run({ keep: 2 });
  assertEquals(namesIn(at.cliDir), [...live, "kept", "new"].sort());
  // They are not removed even when they are the oldest.
  for (const name of live) await Deno.utime(`${at.cliDir}/${name}`, 0, 0);
  await Deno.remove(`${at.cliDir}/new`);
  await Deno.writeFile(at.zst, at.blob);
  await at.run({ keep: 1 });
  assertEquals(namesIn(at.cliDir), [...live, "new"].sort());
});

Deno.test("install() removes the files of killed installs, but not those in use and no full directories", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.cliDir}/.fetch-empty`, { recursive: true });
  await Deno.mkdir(`${at.cliDir}/.fetch-full/x`, { recursive: true });
  const files = [".fetch-dead", ".blob-dead", "old.zst", ".fetch-live", ".blob-live"];
  for (const name of files) await Deno.writeTextFile(`${at.cliDir}/${name}`, "");
  await Deno.symlink("/etc/passwd", `${at.cliDir}/link.zst`);
  await makeOld(at.cliDir, [...files, "link.zst", ".fetch-empty", ".fetch-full"]);
  for (const name of [".fetch-new", ".blob-new", "new.zst"]) await Deno.writeTextFile(`${at.cliDir}/${name}`, "");
  using staged = await Deno.open(`${at.cliDir}/.fetch-live`);
  using blob = await Deno.open(`${at.cliDir}/.blob-live`);
  await staged.lock(false);
  await blob.lock(false);
  await at.run();
  const live = [".blob-live", ".fetch-full", ".fetch-live", "1.0"];
  assertEquals(namesIn(at.cliDir), [".blob-new", ".fetch-new", "new.zst", ...live].sort());
  assert(await isThere("/etc/passwd"));
});

/** Makes files eleven minutes old; links are not followed. */
async function makeOld(directory: string, names: readonly string[]): Promise<void> {
  const args = ["-h", "-d", "11 minutes ago", ...names.map((name) => `${directory}/${name}`)];
  const { success } = await new Deno.Command("touch", { args }).output();
  assert(success);
}

Deno.test("install() leaves no files when it is aborted", async () => {
  await using at = await place("1.0", fakeCli("1.0", 1_000_000));
  const controller = new AbortController();
  const onProgress = ({ phase }: InstallProgress) => {
    if (phase === "decompress") controller.abort(new Error("enough"));
  };
  await assertRejects(() => at.run({ signal: controller.signal, onProgress }), Error, "enough");
  assertEquals(namesIn(at.cliDir), []);
  assert(await isThere(at.zst));
});

Deno.test("install() can be aborted while it hashes a very large file", async () => {
  await using at = await place();
  await Deno.truncate(at.zst, 2 ** 40); // nearly all of it is a hole
  const controller = new AbortController();
  const onProgress = () => setTimeout(() => controller.abort(new Error("enough")), 0);
  const run = at.run({ source: { zst: at.zst, sha256: "00" }, signal: controller.signal, onProgress });
  await assertRejects(() => run, Error, "enough");
  assert(await isThere(at.zst));
});

Deno.test("install() succeeds when many installs of one or several versions run at once", async () => {
  await using at = await place("1.0", fakeCli("1.0", 300_000));
  const runs = Array.from({ length: 12 }, async (_, i) => {
    const cliVersion = `${i % 3}.0`;
    const zst = `${at.path}/copy${i}`;
    await Deno.writeFile(zst, at.blob);
    return await at.run({ cliVersion, source: { zst }, keep: 0 });
  });
  for (const { cliError } of await Promise.all(runs)) assertEquals(cliError, undefined);
  assertEquals(namesIn(at.cliDir), ["0.0", "1.0", "2.0"]);
});

Deno.test("install() distinguishes musl from glibc", async () => {
  const { detectLibc } = await import("../../lib/install/libc.ts");
  await using directory = await tempDir();
  assertEquals(await detectLibc({ timeoutMs: 5_000 }, directory.path), "glibc");
  await Deno.writeTextFile(`${directory.path}/ld-musl-x86_64.so.1`, "");
  assertEquals(await detectLibc({ timeoutMs: 5_000 }, directory.path), "musl");
});
