import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, HostRefusedError, type Transport } from "../../lib/client/mod.ts";
import { LoginGate } from "../../lib/hosts/login_gate.ts";
import { SshLine, type SshLineOptions } from "../../lib/hosts/ssh_line.ts";
import type { LineState } from "../../lib/hosts/types.ts";
import { RequestError } from "../../lib/system/request_error.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { type FarHost, farHost, type FarHostOptions } from "../helpers/far_host.ts";
import { needing } from "../helpers/program.ts";
import { hasSsh } from "../helpers/ssh_server.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

/** A line to a far host, and what it has told. */
async function lineTo(options: FarHostOptions & { readonly host?: string } = {}, more: readonly string[] = []) {
  await using stack = new AsyncDisposableStack();
  const far = stack.use(await farHost(options));
  const daemon = stack.use(await startDaemon());
  const client = stack.use(await connect({ socket: daemon.socket }));
  const states: LineState[] = [];
  const [control, socket] = [`${daemon.directory}/control.sock`, `${daemon.directory}/far.sock`];
  let isDead = false;
  const lineOptions: SshLineOptions = {
    client: () => isDead ? new Promise(() => {}) : Promise.resolve(client),
    place: {
      target: { host: options.host ?? "127.0.0.1", port: far.port },
      control,
      options: [...more, ...far.options],
    },
    socket,
    logins: new LoginGate(),
    onState: (state) => void states.push(state),
    clock: systemClock,
  };
  const line = stack.use(new SshLine(lineOptions));
  const all = stack.move();
  return {
    far: far as FarHost,
    line,
    states,
    client,
    control,
    socket,
    options: lineOptions,
    /** From now on the line does nothing more, as that of a killed hub. */
    die: () => void (isDead = true),
    status: (status: LineState["status"]) => waitFor(`the line to be ${status}`, () => line.state.status === status),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Calls an operation of a hub over a connection of its own. */
async function ask(line: SshLine, method: string): Promise<Record<string, unknown>> {
  const auth = await line.token();
  const transport: Transport = await line.dial();
  try {
    await transport.write(
      new TextEncoder().encode(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: {}, auth })}\n`),
    );
    const buffer = new Uint8Array(64 << 10);
    let text = "";
    while (!text.includes("\n")) {
      const n = await transport.read(buffer);
      if (n === null) throw new Error(`the connection ended: ${text}`);
      text += new TextDecoder().decode(buffer.subarray(0, n));
    }
    return JSON.parse(text).result;
  } finally {
    transport.close();
  }
}

function sshTest(name: string, run: () => Promise<void>): void {
  Deno.test({ ...needing(name, hasSsh(), "ssh and sshd"), fn: run });
}

sshTest("a line starts the hub of the host, and forwards its socket", async () => {
  await using host = await lineTo();
  const { socket } = await soon("the hub", ask(host.line, "hub.status"));
  assertEquals([socket, host.line.state], [
    `${host.far.home}/.local/state/claustrum/hub.sock`,
    { status: "up", via: "forward" },
  ]);
});

sshTest("a line uses the bridge where the server forwards no sockets", async () => {
  await using host = await lineTo({ server: ["AllowStreamLocalForwarding no"] });
  const { socket } = await soon("the hub", ask(host.line, "hub.status"));
  assertEquals([socket, host.line.state], [
    `${host.far.home}/.local/state/claustrum/hub.sock`,
    { status: "up", via: "bridge" },
  ]);
});

sshTest(
  "a line uses the bridge where the key is restricted, so that the server takes the forward and does nothing",
  async () => {
    await using host = await lineTo({ keyOptions: "restrict" });
    await soon("the hub", ask(host.line, "hub.status"));
    assertEquals(host.line.state, { status: "up", via: "bridge" });
    // Now the hub runs before the line comes up.
    host.line.reconnect();
    await waitFor("the second time", () => host.states.filter(({ status }) => status === "up").length === 2);
    await soon("the hub", ask(host.line, "hub.status"));
    assertEquals(host.line.state, { status: "up", via: "bridge" });
  },
);

sshTest("a line is refused where the hub does not start, and says why", async () => {
  await using host = await lineTo({ isInstalled: false });
  const launcher = `${host.far.home}/.local/bin/claustrum`;
  await Deno.writeTextFile(launcher, "#!/bin/sh\necho 'the disk is full' >&2\nexit 1\n", { mode: 0o755 });
  host.line.retry();
  const { status, reason } = await waitFor(
    "the refusal",
    () => host.states.find((state) => state.problem === "hub_does_not_start"),
  );
  assertEquals([status, reason], ["refused", "the hub does not start there: the disk is full"]);
});

sshTest("a server that falls silent is noticed, and the line is back when it speaks again", async () => {
  await using host = await lineTo({}, [
    ...["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"],
    // The others of these tests say less.
    ...["-o", "LogLevel=INFO"],
  ]);
  await soon("the hub", ask(host.line, "hub.status"));
  const silent = serverProcesses(host.far.serverPid);
  for (const pid of silent) Deno.kill(pid, "SIGSTOP");
  try {
    const { problem } = await waitFor("the loss", () => host.states.find(({ status }) => status === "offline"));
    assertEquals(problem, "timed_out");
  } finally {
    for (const pid of silent) if (isAlive(pid)) Deno.kill(pid, "SIGCONT");
  }
  host.line.retry();
  await waitFor("the line to be back", () => host.line.state.status === "up");
  await soon("the hub", ask(host.line, "hub.status"));
});

sshTest("a line is refused where claustrum is not installed, until somebody tries again", async () => {
  await using host = await lineTo({ isInstalled: false });
  await host.status("refused");
  assertEquals(host.line.state, {
    status: "refused",
    problem: "not_installed",
    reason: "claustrum is not installed there",
  });
  await assertRejects(() => host.line.dial(), HostRefusedError, "not installed");
  host.line.retry();
  await waitFor("the next refusal", () => host.states.filter(({ status }) => status === "refused").length === 2);
});

sshTest("a line is back when ssh was killed", async () => {
  await using host = await lineTo();
  await soon("the hub", ask(host.line, "hub.status"));
  const { processes } = await host.client.call("process.list", { all: true } as never);
  const [master] = processes.filter(({ id }) => id.startsWith("hub/ssh/"));
  await host.client.call("process.kill", { id: master!.id, signal: "KILL" });
  await waitFor("the loss to be seen", () => host.states.some(({ status }) => status === "offline"));
  await host.status("up");
  await soon("the hub", ask(host.line, "hub.status"));
});

/** Waits until a line has a problem. */
function problem(host: Awaited<ReturnType<typeof lineTo>>): Promise<LineState> {
  return waitFor("a problem", () => host.states.find(({ problem }) => problem !== undefined));
}

sshTest("an unknown key is accepted by its fingerprint alone", async () => {
  await using known = await tempDir();
  const file = `${known.path}/known_hosts`;
  await Deno.writeTextFile(file, "# no newline at the end");
  await using host = await lineTo({ knownHosts: file });
  const { status, problem: kind, fingerprint } = await problem(host);
  assertEquals([status, kind], ["refused", "host_key_unknown"]);
  const other = `SHA256:${"A".repeat(43)}`;
  await assertRejects(() => host.line.acceptKey(other), RequestError, "another key now");
  assertEquals(await Deno.readTextFile(file), "# no newline at the end");
  await host.line.acceptKey(fingerprint!);
  await host.status("up");
  assert((await Deno.readTextFile(file)).startsWith("# no newline at the end\n[127.0.0.1]:"));
  await assertRejects(() => host.line.acceptKey(fingerprint!), RequestError, "no unknown key");
});

sshTest("a key is written into no other file where the path of the known hosts has a space", async () => {
  await using known = await tempDir();
  await using host = await lineTo({ knownHosts: `"${known.path}/a b"` });
  const { problem: kind, fingerprint } = await problem(host);
  assertEquals(kind, "host_key_unknown");
  await assertRejects(() => host.line.acceptKey(fingerprint!), RequestError, "accept it by hand");
  assertEquals(await Array.fromAsync(Deno.readDir(known.path)), []);
});

sshTest("a changed key is refused, and cannot be accepted", async () => {
  await using known = await tempDir();
  const file = `${known.path}/known_hosts`;
  await using host = await lineTo({ knownHosts: file, isOtherKeyKnown: true });
  const { status, problem: kind, fingerprint } = await problem(host);
  assertEquals([status, kind, fingerprint?.startsWith("SHA256:")], ["refused", "host_key_changed", true]);
  await assertRejects(() => host.line.acceptKey(fingerprint!), RequestError);
});

for (
  const [kind, status, options, more] of [
    ["permission_denied", "refused", { server: ["PubkeyAuthentication no"] }, []],
    ["bad_configuration", "refused", {}, ["-o", "NoSuchOption=1"]],
    ["name_not_found", "offline", { host: "no-such-host.invalid" }, []],
    ["connection_refused", "offline", { isServed: false }, []],
    ["timed_out", "offline", { isSilent: true }, ["-o", "ConnectTimeout=1"]],
  ] as const
) {
  sshTest(`a line is ${status} because of ${kind}`, async () => {
    await using host = await lineTo(options, more);
    const { status: now, problem: found } = await problem(host);
    assertEquals([now, found], [status, kind]);
  });
}

/** The processes of an SSH server: the one that listens, and those of its connections. */
function serverProcesses(listening: number): number[] {
  const found = [listening];
  for (const parent of found) {
    for (const { name } of Deno.readDirSync("/proc")) {
      const [, command, above] = /^\d+ \((.*)\) \S (\d+) /.exec(statOf(name)) ?? [];
      if (Number(above) === parent && command?.startsWith("sshd") === true) found.push(Number(name));
    }
  }
  return found;
}

/** What the system says of a process; empty for anything else, and for one that has ended meanwhile. */
function statOf(name: string): string {
  if (!/^\d+$/.test(name)) return "";
  try {
    return Deno.readTextFileSync(`/proc/${name}/stat`);
  } catch (error) {
    if (error instanceof Error) return "";
    throw error;
  }
}

const NOISE = "echo hello from bashrc\necho grumble >&2\nprintf 'no newline'\n";

for (const [via, keyOptions] of [["forward", ""], ["bridge", "restrict"]] as const) {
  sshTest(`what a real .bashrc prints does not disturb a line over the ${via}`, async () => {
    await using host = await lineTo({ bashrc: NOISE, keyOptions });
    await soon("the hub", ask(host.line, "hub.status"));
    assertEquals(host.line.state, { status: "up", via });
  });
}

for (const shell of ["bash", "fish"]) {
  sshTest(`what ${shell} prints when it starts does not disturb a line`, async () => {
    await using host = await lineTo({ noisyShell: shell });
    await soon("the hub", ask(host.line, "hub.status"));
    assertEquals(host.line.state.status, "up");
  });
}

sshTest("what a killed hub has left of a line does not keep the next one out", async () => {
  await using host = await lineTo();
  await soon("the hub", ask(host.line, "hub.status"));
  for (const path of [host.control, host.socket]) assert((await Deno.lstat(path)).isSocket);
  host.die();
  await using again = new SshLine({ ...host.options, client: () => Promise.resolve(host.client) });
  await waitFor("the second line", () => again.state.status === "up");
  await soon("the hub", ask(again, "hub.status"));
});
