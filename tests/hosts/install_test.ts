import { assertEquals, assertRejects } from "@std/assert";
import { connect } from "../../lib/client/mod.ts";
import { farPrograms, installRelease, probeHost, uninstallFar } from "../../lib/hosts/installation.ts";
import { LoginGate } from "../../lib/hosts/login_gate.ts";
import { findRelease, ownTarget, type Release } from "../../lib/hosts/release.ts";
import { type FarCommand, type FarShell, runOverSsh } from "../../lib/hosts/ssh_run.ts";
import { RequestError } from "../../lib/system/request_error.ts";
import { claustrum } from "../helpers/command.ts";
import { plainEnvironment, startDaemon } from "../helpers/daemon.ts";
import { farHost, type FarHostOptions } from "../helpers/far_host.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { installed, versionsOf, writeRelease } from "../helpers/release.ts";
import { canMount, smallDisk } from "../helpers/small_disk.ts";
import { hasSsh } from "../helpers/ssh_server.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";

const NEVER = new AbortController().signal;

/** A host on which nothing is installed, its shell, and a small release. */
async function bareHost(options: FarHostOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const far = stack.use(await farHost({ isInstalled: false, ...options }));
  const daemon = stack.use(await startDaemon());
  const client = stack.use(await connect({ socket: daemon.socket }));
  const logins = new LoginGate();
  const place = {
    target: { host: "127.0.0.1", port: far.port },
    control: `${daemon.directory}/none.ssh`,
    options: far.options,
  };
  const shell: FarShell = {
    run: (far) => runOverSsh({ client, id: `hub/ssh/${crypto.randomUUID()}`, program: "ssh", place, logins }, far),
  };
  const read = async (text: string) =>
    await findRelease(
      ownTarget(),
      { module: "", target: "" },
      await writeRelease(`${daemon.directory}/release${text}`, text),
    );
  const all = stack.move();
  return {
    home: far.home,
    shell,
    read,
    install: async (release: Release, through: FarShell = shell, signal = NEVER) =>
      await installRelease(through, {
        release,
        facts: await probeHost(shell, signal),
        restarts: false,
        onStep: () => {},
        signal,
      }),
    processes: async () => (await client.call("process.list", {})).processes,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A shell whose input passes through a function, piece by piece, with the offset of each. */
function tampered(
  shell: FarShell,
  change: (piece: Uint8Array<ArrayBuffer>, offset: number) => Uint8Array<ArrayBuffer>,
) {
  return {
    run({ input, ...far }: FarCommand) {
      let offset = 0;
      const changing = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(piece, controller) {
          controller.enqueue(change(piece, offset));
          offset += piece.length;
        },
      });
      return shell.run({ ...far, ...(input === undefined ? {} : { input: input.pipeThrough(changing) }) });
    },
  };
}

/** How many bytes are sent for a release. */
async function bytesSent(shell: FarShell, install: (through: FarShell) => Promise<unknown>): Promise<number> {
  let bytes = 0;
  await install(tampered(shell, (piece) => {
    bytes += piece.length;
    return piece;
  }));
  return bytes;
}

function sshTest(name: string, run: () => Promise<void>): void {
  Deno.test({ ...needing(name, hasSsh(), "ssh and sshd"), fn: run });
}

sshTest("installRelease() installs on a bare host, and leaves nothing else", async () => {
  await using host = await bareHost();
  const facts = await probeHost(host.shell, NEVER);
  assertEquals([facts.target, facts.place, facts.isInstalled], [ownTarget(), versionsOf(host.home), false]);
  const release = await host.read("");
  const version = await host.install(release);
  const { launcher, versions } = await installed(host.home);
  assertEquals(versions, [version]);
  assertEquals(
    launcher,
    `#!/bin/sh\n# runs ${versionsOf(host.home)}/${version}\nexec "${
      versionsOf(host.home)
    }/${version}/claustrum" "$@"\n`,
  );
  const { digest, version: runs, isInstalled } = await probeHost(host.shell, NEVER);
  assertEquals([digest, runs, isInstalled], [release.digest, version, true]);
  const left = await uninstallFar(host.shell, false, NEVER);
  assertEquals(await installed(host.home), { launcher: "", versions: [] });
  assertEquals(left, []);
  assertEquals(await host.processes(), []);
});

sshTest("farPrograms() tells what the daemon of a host runs, also before anything is installed", async () => {
  await using host = await bareHost();
  assertEquals(await farPrograms(host.shell, NEVER), { processes: [], terminals: [] });
  await host.install(await host.read(""));
  assertEquals(await farPrograms(host.shell, NEVER), { processes: [], terminals: [] });
  const launcher = `${host.home}/.local/bin/claustrum`;
  await claustrum(host.home, ["run", "--detach", "--id", "mine", "--", "sleep", "600"]);
  const { processes } = await farPrograms(host.shell, NEVER);
  assertEquals([launcher.length > 0, processes], [true, ["mine"]]);
  await claustrum(host.home, ["stop", "--yes", "--all"]);
});

sshTest("an installation that is cut at any tenth of its bytes changes nothing", async () => {
  await using host = await bareHost();
  const bytes = await bytesSent(host.shell, async (through) => await host.install(await host.read("old"), through));
  const before = await installed(host.home);
  const release = await host.read("new");
  const facts = await probeHost(host.shell, NEVER);
  for (let tenth = 0; tenth < 10; tenth++) {
    const end = Math.floor(bytes * tenth / 10);
    const cutting = tampered(host.shell, (piece, offset) => piece.slice(0, Math.max(0, end - offset)));
    const options = { release, facts, restarts: false, onStep: () => {}, signal: NEVER };
    await assertRejects(() => installRelease(cutting, options), RequestError, "did not arrive whole");
    assertEquals(await installed(host.home), before, `cut after ${end} of ${bytes} bytes`);
  }
});

sshTest("an installation of which any byte is altered changes nothing", async () => {
  await using host = await bareHost();
  const bytes = await bytesSent(host.shell, async (through) => await host.install(await host.read("old"), through));
  const before = await installed(host.home);
  const release = await host.read("new");
  const facts = await probeHost(host.shell, NEVER);
  for (const part of [0, 0.2, 0.5, 0.8, 0.999]) {
    const at = Math.floor(bytes * part);
    const altering = tampered(host.shell, (piece, offset) => {
      const copy = piece.slice();
      if (at >= offset && at < offset + copy.length) copy[at - offset]! ^= 1;
      return copy;
    });
    const options = { release, facts, restarts: false, onStep: () => {}, signal: NEVER };
    await assertRejects(() => installRelease(altering, options), RequestError, "nothing was installed");
    assertEquals(await installed(host.home), before, `byte ${at} of ${bytes} altered`);
  }
});

for (const shell of ["fish", "dash", "busybox sh"]) {
  const program = shell.split(" ")[0]!;
  Deno.test({
    ...needing(
      `installRelease() works where the login shell is ${shell}, which greets`,
      hasSsh() && findProgram(program) !== undefined,
      `ssh, sshd and ${program}`,
    ),
    async fn() {
      await using host = await bareHost({ noisyShell: `/usr/bin/env ${shell}` });
      const version = await host.install(await host.read(""));
      assertEquals((await installed(host.home)).versions, [version]);
      await uninstallFar(host.shell, false, NEVER);
    },
  });
}

Deno.test({
  ...needing(
    "installRelease() works with the tools of busybox alone",
    hasSsh() && findProgram("busybox") !== undefined,
    "ssh, sshd and busybox",
  ),
  async fn() {
    await using tools = await tempDir();
    await new Deno.Command("busybox", { args: ["--install", "-s", tools.path] }).output();
    // Not even the shell is another one.
    await using host = await bareHost({ path: tools.path });
    const version = await host.install(await host.read(""));
    assertEquals((await installed(host.home)).versions, [version]);
  },
});

sshTest("installRelease() keeps the version that ran before, and removes older ones", async () => {
  await using host = await bareHost();
  for (const text of ["a", "b", "c"]) await host.install(await host.read(text));
  const { digest } = await host.read("d");
  const { versions, digest: current } = await probeHost(host.shell, NEVER);
  assertEquals([versions.length, current === digest], [2, false]);
});

sshTest("an installation that is given up changes nothing, and leaves no process", async () => {
  await using host = await bareHost();
  const giveUp = new AbortController();
  const stuck = tampered(host.shell, (piece) => {
    giveUp.abort(new RequestError("conflict", "given up"));
    return piece.slice(0, 10);
  });
  const release = await host.read("");
  await assertRejects(() => host.install(release, stuck, giveUp.signal), RequestError, "given up");
  await waitFor("the host to clean up", async () => (await installed(host.home)).versions.length === 0);
  assertEquals([(await installed(host.home)).launcher, await host.processes()], ["", []]);
});

Deno.test({
  ...needing("a full disk leaves what was installed", hasSsh() && await canMount(), "ssh, sshd and the right to mount"),
  async fn() {
    await using disk = await smallDisk(400);
    await using host = await bareHost();
    await Deno.mkdir(`${host.home}/.local/share`, { recursive: true });
    await Deno.symlink(disk.path, `${host.home}/.local/share/claustrum`);
    const [release, facts] = [await host.read(""), await probeHost(host.shell, NEVER)];
    const options = { release, restarts: false, onStep: () => {}, signal: NEVER };
    await assertRejects(
      () => installRelease(host.shell, { ...options, facts }),
      RequestError,
      `MB free for ${facts.place}, and needs 17 MB`,
    );
    await installRelease(host.shell, { ...options, facts: { ...facts, freeBytes: undefined } });
    const before = await installed(host.home);
    await disk.fill();
    const next = { ...options, release: await host.read("next"), facts: { ...facts, freeBytes: undefined } };
    await assertRejects(() => installRelease(host.shell, next), RequestError);
    await disk.empty();
    assertEquals(await installed(host.home), before);
  },
});

/** A shell that says what a host would say. */
function saying(...lines: string[]): FarShell {
  return {
    run({ command, onLine }) {
      const mark = /m=(\w+)/.exec(command)![1];
      for (const line of [...lines, "done"]) onLine(`${mark} ${line}`);
      return Promise.resolve({ code: 0, stderr: "" });
    },
  };
}

const LINUX = ["system Linux x86_64", "libc glibc 2.36", "disk /dev/sda 100 50 50 50% /", "place /home/me/versions"];

/** A shell of this machine, as if it were a host with such a home directory and such variables. */
function localShell(home: string, env: Readonly<Record<string, string>> = {}): FarShell {
  return {
    async run({ command, input, onLine }) {
      const shell = new Deno.Command("/bin/sh", {
        args: ["-c", command],
        env: { ...plainEnvironment(home), ...env },
        clearEnv: true,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      // A script that fails reads no more.
      const feeding = (input ?? new Blob([]).stream()).pipeTo(shell.stdin).catch(() => {});
      const { code, stdout, stderr } = await shell.output();
      await feeding;
      new TextDecoder().decode(stdout).split("\n").forEach(onLine);
      return { code, stderr: new TextDecoder().decode(stderr) };
    },
  };
}

/** Installs a release whose text is given on this machine. */
async function installLocally(directory: string, shell: FarShell, text: string): Promise<string> {
  const place = await writeRelease(`${directory}/release${text}`, text);
  const release = await findRelease(ownTarget(), { module: "", target: "" }, place);
  const facts = await probeHost(shell, NEVER);
  return await installRelease(shell, { release, facts, restarts: false, onStep: () => {}, signal: NEVER });
}

Deno.test("installRelease() installs below a home directory with spaces and letters of all kinds", async () => {
  await using directory = await tempDir();
  const home = `${directory.path}/it's a höme; touch pwned & *`;
  await Deno.mkdir(home);
  const version = await installLocally(directory.path, localShell(home), "a");
  assertEquals((await installed(home)).versions, [version]);
  const facts = await probeHost(localShell(home), NEVER);
  assertEquals([facts.version, facts.place], [version, versionsOf(home)]);
});

Deno.test("installRelease() refuses a home directory whose name would become a part of the launcher", async () => {
  await using directory = await tempDir();
  for (const name of ["a\ntouch pwned\nb", "a$(touch pwned)", "a`touch pwned`", 'a"; touch pwned; "', "a\\"]) {
    const home = `${directory.path}/${name}`;
    await Deno.mkdir(home, { recursive: true });
    await assertRejects(
      () => installLocally(directory.path, localShell(home), "a"),
      RequestError,
      "its path contains quotes, dollars, backslashes or newlines",
    );
    assertEquals(await Array.fromAsync(Deno.readDir(home)), [], name);
  }
});

Deno.test("installRelease() leaves alone what another hub has installed in the same moment", async () => {
  await using directory = await tempDir();
  const [home, tools] = [`${directory.path}/home`, `${directory.path}/tools`];
  for (const path of [home, tools]) await Deno.mkdir(path);
  await installLocally(directory.path, localShell(home), "a");
  const { versions: before } = await installed(home);
  // The launcher is replaced by that of another version as soon as this one has replaced it.
  const other = `${versionsOf(home)}/other`;
  await Deno.mkdir(other);
  await Deno.mkdir(`${versionsOf(home)}/old`);
  await Deno.writeTextFile(`${directory.path}/launcher`, `#!/bin/sh\n# runs ${other}\n`, { mode: 0o755 });
  const ls = `#!/bin/sh\ncp "${directory.path}/launcher" "$HOME/.local/bin/claustrum"\nexec /bin/ls "$@"\n`;
  await Deno.writeTextFile(`${tools}/ls`, ls, { mode: 0o755 });
  const { PATH = "" } = plainEnvironment(home);
  await installLocally(directory.path, localShell(home, { PATH: `${tools}:${PATH}` }), "b");
  const { versions, launcher } = await installed(home);
  assertEquals(launcher.includes("/versions/other\n"), true);
  assertEquals([versions.length, versions.includes("other"), versions.includes(before[0]!)], [3, true, true]);
});

Deno.test("probeHost() does not read a large program that somebody has put in the launcher's place", async () => {
  await using directory = await tempDir();
  const bin = `${directory.path}/.local/bin`;
  await Deno.mkdir(bin, { recursive: true });
  const program = `#!/bin/sh\necho claustrum 1\nexit\n# runs ${directory.path}/x\n`;
  await Deno.writeTextFile(`${bin}/claustrum`, program, { mode: 0o755 });
  const { version, digest } = await probeHost(localShell(directory.path), NEVER);
  assertEquals([version, digest], ["1", undefined]);
  await assertRejects(
    () => uninstallFar(localShell(directory.path), false, NEVER),
    RequestError,
    "has installed nothing there",
  );
});

Deno.test("probeHost() understands what a host says", async () => {
  const facts = await probeHost(saying(...LINUX, "version 1", "version 2", "found ", "runs "), NEVER);
  assertEquals(facts, {
    target: "linux-amd64",
    place: "/home/me/versions",
    freeBytes: 50 * 1024,
    hasGzip: true,
    versions: ["1", "2"],
    isInstalled: false,
  });
  const mac = await probeHost(
    saying("system Darwin arm64", "libc ", "disk ", "place /p", "missing gzip", "found /usr/bin/claustrum"),
    NEVER,
  );
  assertEquals([mac.target, mac.hasGzip, mac.freeBytes, mac.found], [
    "darwin-arm64",
    false,
    undefined,
    "/usr/bin/claustrum",
  ]);
});

Deno.test("probeHost() refuses hosts for which there is no release, and says why", async () => {
  const refusals = [
    [["system SunOS sun4v"], "no release for its system, SunOS on sun4v"],
    [["system Linux x86_64", "libc musl libc (x86_64) Version 1.2.4"], "musl"],
    [["system Linux x86_64", "libc glibc 2.26"], "glibc 2.26, and the release needs 2.27"],
    [[...LINUX, "missing tar"], "lacks what an installation needs: tar"],
    [["failed no home"], "no home"],
  ] as const;
  for (const [lines, text] of refusals) {
    await assertRejects(() => probeHost(saying(...lines), NEVER), RequestError, text);
  }
});
