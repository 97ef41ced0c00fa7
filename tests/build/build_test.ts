import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { bundle, minify } from "../../.ci/bundle.ts";
import { compile, compileArguments, executableName } from "../../.ci/compile.ts";
import { stampFromGit } from "../../.ci/stage.ts";
import { TARGETS, targetsOf } from "../../.ci/targets.ts";
import { gzip, tarArchive } from "../helpers/tar.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

async function run(command: readonly string[], env: Record<string, string> = {}, cwd = ROOT, stdin = "") {
  const [program, ...args] = command as [string, ...string[]];
  const child = new Deno.Command(program, {
    args,
    env,
    clearEnv: true,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A directory with the bundle, which is made once for all tests that run it. */
let bundled: Promise<TempDir> | undefined;

/** Puts the bundle into a directory of its own. */
async function copyBundle(file: string): Promise<void> {
  bundled ??= (async () => {
    const directory = await tempDir();
    await bundle(`${directory.path}/claustrum.js`);
    return directory;
  })();
  await Deno.copyFile(`${(await bundled).path}/claustrum.js`, file);
}

Deno.test.afterAll(async () => await (await bundled)?.[Symbol.asyncDispose]());

/** A command prefix that runs a program without a network, if the system allows that. */
async function offline(): Promise<string[]> {
  const command = ["/usr/bin/unshare", "--user", "--map-root-user", "--net"];
  try {
    return (await run([...command, "/bin/true"])).code === 0 ? command : [];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

Deno.test("the portable directory serves, bridges, extracts and stops when no other software is available", async () => {
  await using built = await tempDir();
  await using world = await tempDir();
  const [target] = targetsOf({});
  const home = `${built.path}/home`;
  const packing = [Deno.execPath(), "run", "-A", `${ROOT}.ci/pack.ts`, "--install", "--output", built.path];
  const denoDir = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
  // How the registry is reached may be said in any variable.
  const packed = await run(packing, { ...Deno.env.toObject(), HOME: home, DENO_DIR: denoDir });
  assertEquals(packed.code, 0, packed.stderr);
  assertStringIncludes(packed.stdout, `installed ${home}/.local/bin/claustrum`);
  const installed = await run([`${home}/.local/bin/claustrum`, "-version"], { HOME: home, PATH: "" });
  assertMatch(installed.stdout, /^claustrum /);
  const sums = await run(["/usr/bin/sha256sum", "-c", "SHA256SUMS"], {}, built.path);
  assertEquals(sums.code, 0, sums.stderr);
  await Deno.rename(`${built.path}/claustrum-${target!.name}`, `${world.path}/c`);
  await Deno.symlink("c/claustrum", `${world.path}/link`);

  const env = { PATH: "", HOME: world.path };
  const alone = await offline();
  const stamp = await stampFromGit();
  const claustrum = (args: string[], stdin = "") => run([...alone, "./link", ...args], env, world.path, stdin);
  const version = await claustrum(["-version"]);
  const { version: number } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  assertEquals(version.stdout, `claustrum ${stamp?.sha ?? `v${number}`} (built ${stamp?.time ?? "unknown"})\n`);
  const readable = stamp === undefined ? number : `${number}+${stamp.sha.slice(0, 7)} (built ${stamp.time})`;
  assertEquals((await claustrum(["version"])).stdout, `claustrum ${readable}\n`);

  await Deno.writeFile(`${world.path}/a.tgz`, gzip(tarArchive([{ name: "f", body: "hello" }])));
  const socket = `${world.path}/d/rpc.sock`;
  const served = await claustrum(["serve", "--socket", socket]);
  try {
    assertEquals(served.code, 0, served.stderr);
    const auth = await Deno.readTextFile(`${world.path}/d/daemon.token`);
    const params = { archivePath: `${world.path}/a.tgz`, destDir: `${world.path}/out` };
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "files.extract_tar", params, auth });
    const bridged = await claustrum(["bridge", "--socket", socket], `${request}\n`);
    assertEquals(bridged.stdout, '{"jsonrpc":"2.0","id":1,"result":{"success":true,"fileCount":1}}\n', bridged.stderr);
    assertEquals(await Deno.readTextFile(`${world.path}/out/f`), "hello");
  } finally {
    assertEquals((await claustrum(["stop", "--socket", socket])).code, 0);
  }
  assertEquals([...Deno.readDirSync(`${world.path}/d`)].map(({ name }) => name).sort(), [
    "daemon.lock",
    "remote-server.log",
  ]);
});

Deno.test("minify() keeps the disposal of what is used once", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/program.js`;
  const program = `async function sizeOf(path) {
  using file = await Deno.open(path);
  return (await file.stat()).size;
}
console.log(await sizeOf(Deno.args[0]));
`;
  await Deno.writeTextFile(file, program);
  await minify(file);
  assertMatch(await Deno.readTextFile(file), /\busing \w+=await Deno\.open/);
});

Deno.test("the bundle runs as one file without configuration and cache", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/claustrum.js`;
  await copyBundle(file);
  const env = { DENO_DIR: `${directory.path}/cache`, HOME: directory.path };
  const { code, stdout } = await run([Deno.execPath(), "run", "--no-config", file, "help"], env, directory.path);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "claustrum hosts processes");
});

Deno.test("the bundle loads no module of Node before it is needed", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/claustrum.js`;
  await copyBundle(file);
  const program = await Deno.readTextFile(file);
  assertEquals(program.match(/(?<=^|[;\n])import\b[^("]*"[^"]*"/g), null);
  assert(program.includes('getBuiltinModule("node:crypto")'));
});

Deno.test("the bundle serves MCP, and is the hub and the daemon that this needs", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/claustrum.js`;
  await copyBundle(file);
  const env = { DENO_DIR: `${directory.path}/cache`, HOME: directory.path, PATH: "/usr/bin:/bin", SHELL: "/bin/true" };
  const claustrum = (args: readonly string[], stdin = "") =>
    run([Deno.execPath(), "run", "-A", "--no-config", file, ...args], env, directory.path, stdin);
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const requests = [
    { method: "initialize", params },
    { method: "tools/call", params: { name: "sessions_list" } },
  ];
  const lines = requests.map((request, id) => `${JSON.stringify({ jsonrpc: "2.0", id, ...request })}\n`);
  try {
    const { code, stdout, stderr } = await claustrum(["mcp"], lines.join(""));
    assertEquals([code, stderr], [0, ""]);
    const [, reply] = stdout.split("\n").map((line) => line === "" ? undefined : JSON.parse(line));
    assertEquals(reply.result, { content: [{ type: "text", text: "[]" }] });
    // The hub searches in a worker.
    const search = await claustrum(["session", "search", "word", "--rank", "--json"]);
    assertEquals([search.code, search.stdout, search.stderr], [0, "[]\n", ""]);
  } finally {
    await claustrum(["hub", "stop"]);
    await claustrum(["stop", "--yes"]);
  }
});

Deno.test("the bundle is the worker that checks passwords, without any permission", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/claustrum.js`;
  await copyBundle(file);
  // Without a network the worker cannot load a package that is missing in the bundle.
  const program = `using checker = new (await import("${ROOT}lib/hub/access/password.ts")).PasswordChecker({
    hash: await (await import("${ROOT}lib/hub/access/argon2.ts")).hashPassword("a"),
    canNarrow: true,
    worker: new URL("file://${file}"),
  });
  console.log(await checker.check("a"), await checker.check("b"));`;
  await Deno.writeTextFile(`${directory.path}/main.ts`, program);
  const options = ["--unstable-worker-options", "--no-prompt", "--allow-read", "--config", `${ROOT}deno.json`];
  const { stdout, stderr } = await run([Deno.execPath(), "run", ...options, `${directory.path}/main.ts`], {
    HOME: Deno.env.get("HOME") ?? "/",
  });
  assertEquals(stdout, "true false\n", stderr);
});

Deno.test("deno task compile includes the daemon's permissions and the workers for six targets", () => {
  assertEquals(TARGETS.map(executableName), [
    "claustrum-linux-amd64",
    "claustrum-linux-arm64",
    "claustrum-darwin-amd64",
    "claustrum-darwin-arm64",
    "claustrum-windows-amd64.exe",
    "claustrum-windows-arm64.exe",
  ]);
  for (const target of TARGETS) {
    const args = compileArguments(target, "out");
    assertEquals(args.slice(args.indexOf("--target"), args.indexOf("--target") + 2), ["--target", target.triple]);
    assert(!args.includes("-A") && !args.includes("--allow-all") && !args.includes("--allow-ffi"));
    const included = args.filter((_, i) => args[i - 1] === "--include");
    assertEquals(included, [
      "lib/files/extract_worker_main.ts",
      "lib/hub/access/password_worker_main.ts",
      "lib/projects/usage_worker_main.ts",
      "lib/store/rank_worker_main.ts",
    ]);
  }
});

const hasBaseBinary = Deno.env.has("DENORT_BIN");

Deno.test({
  name: `a compiled executable runs without the runtime${
    hasBaseBinary ? "" : " (skipped: no base binary, set DENORT_BIN)"
  }`,
  ignore: !hasBaseBinary,
  fn: async () => {
    await using directory = await tempDir();
    const [target] = targetsOf({});
    assertEquals(await compile(target!, directory.path), true);
    const { stdout } = await run([`${directory.path}/${executableName(target!)}`, "version"], { HOME: directory.path });
    assertMatch(stdout, /^claustrum /);
  },
});

Deno.test("deno publish includes only the library, the tool and their documents", async () => {
  const env = { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "", NO_COLOR: "1" };
  const denoDir = Deno.env.get("DENO_DIR");
  const { code, stderr } = await run(
    [Deno.execPath(), "publish", "--dry-run", "--allow-dirty", "--no-check"],
    denoDir === undefined ? env : { ...env, DENO_DIR: denoDir },
  );
  assertEquals(code, 0, stderr);
  const files = [...stderr.matchAll(/^ +file:\/\/(\S+) \(/gm)].map(([, path]) => path!.slice(ROOT.length));
  const documents = ["README.md", "LICENSE", "lib/rpc/PROTOCOL.md", "lib/rpc/CONTRACT.md"];
  for (const needed of ["mod.ts", "cli.ts", "deno.json", ...documents, "lib/files/extract_worker_main.ts"]) {
    assert(files.includes(needed), `${needed} is missing`);
  }
  for (const file of files) {
    assertMatch(
      file,
      /^(mod\.ts|cli\.ts|deno\.json|README\.md|LICENSE|lib\/([a-z0-9_/]+\.ts|rpc\/(CONTRACT|PROTOCOL)\.md|hub\/API\.md))$/,
    );
  }
});
