import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "../../lib/client/mod.ts";
import { installRelease, probeHost, uninstallFar } from "../../lib/hosts/installation.ts";
import { LoginGate } from "../../lib/hosts/login_gate.ts";
import { findRelease, ownTarget, type Release } from "../../lib/hosts/release.ts";
import { type FarCommand, type FarShell, runOverSsh } from "../../lib/hosts/ssh_run.ts";
import { RequestError } from "../../lib/system/request_error.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { farHost, type FarHostOptions } from "../helpers/far_host.ts";
import { needing } from "../helpers/program.ts";
import { installed, versionsOf, writeRelease } from "../helpers/release.ts";
import { hasSsh } from "../helpers/ssh_server.ts";

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
function tampered(shell: FarShell, change: (piece: Uint8Array<ArrayBuffer>, offset: number) => Uint8Array<ArrayBuffer>) {
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
  const version = await host.install(await host.read(""));
  const { launcher, versions } = await installed(host.home);
  assertEquals(versions, [version]);
  assertEquals(
    launcher,
    `#!/bin/sh\n# runs ${versionsOf(host.home)}/${version}\nexec "${versionsOf(host.home)}/${version}/claustrum" "$@"\n`,
  );
  const { digest, version: runs, isInstalled } = await probeHost(host.shell, NEVER);
  assertEquals([digest, runs, isInstalled], [(await host.read("")).digest === digest ? "" : digest, version, true]);
  const left = await uninstallFar(host.shell, false, NEVER);
  assertEquals(await installed(host.home), { launcher: "", versions: [] });
  assertEquals(left, []);
  assertEquals(await host.processes(), []);
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
