import { assertEquals } from "@std/assert";
import { type Client, connect } from "../../lib/client/mod.ts";
import { LoginGate } from "../../lib/hosts/login_gate.ts";
import { SshLine } from "../../lib/hosts/ssh_line.ts";
import type { LineState } from "../../lib/hosts/types.ts";
import type { Clock } from "../../lib/system/clock.ts";
import { shellQuote } from "../../lib/system/quote.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { leapingClock } from "../helpers/leaping_clock.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { readIfThere } from "../helpers/read_if_there.ts";
import { soon, waitFor } from "../helpers/wait.ts";
import { FINGERPRINT, SSH_FAILURES } from "./ssh_failures.ts";

/** What a stand-in for `ssh` does. */
interface StandIn {
  /** The directory of the hub. */
  readonly directory: string;
  /** What the start of the hub prints, behind its exit code. @default {it never ends} */
  readonly started?: string;
  /** What a forward does, a command of `sh`. @default {nothing} */
  readonly forward?: string;
  /** What happens behind the start of the hub, a command of `sh`. @default {nothing} */
  readonly afterStart?: string;
}

/** Returns a stand-in for `ssh` that runs the small program; it writes down its arguments beside itself. */
function standIn({ directory, started, forward = "exit 0", afterStart = ":" }: StandIn): string {
  const said = started === undefined ? "" : `printf "%s started %s\\n" "$m" ${shellQuote(started)};`;
  return `printf "%s\\n" "$*" >>"$0.log"
case "$*" in *"-O forward"*) ${forward};; esac
m=$(printf "%s" "$*" | sed "s/.*m=\\(c[0-9a-f]*\\);.*/\\1/")
printf "%s directory %s\\n" "$m" ${shellQuote(directory)}
while read -r c p; do case "$c" in
  token) echo "$m token secret";;
  start) ${said} ${afterStart};;
esac; done`;
}

/** What runs a stand-in for `ssh`. */
async function sshWorld() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempDir());
  const daemon = stack.use(await startDaemon());
  const client: Client = stack.use(await connect({ socket: daemon.socket }));
  const logins = new LoginGate();
  let count = 0;
  const all = stack.move();
  return {
    path,
    /** Opens a line over an `ssh` that is a script. */
    async line(script: string, clock: Clock = systemClock) {
      const program = `${path}/${count++}.sh`;
      await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const states: LineState[] = [];
      const line = new SshLine({
        client: () => Promise.resolve(client),
        program,
        place: { target: { host: "box" }, control: `${path}/${count}.ssh` },
        socket: `${path}/${count}.sock`,
        logins,
        onState: (state) => void states.push(state),
        clock,
      });
      return { line, states, program, [Symbol.asyncDispose]: () => line[Symbol.asyncDispose]() };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test("each text with which ssh fails brings a line into its state", async () => {
  await using world = await sshWorld();
  for (const [text, problem, isRefusal] of SSH_FAILURES) {
    await using host = await world.line(`printf '%s\\n' ${shellQuote(text)} >&2; exit 255`);
    const state = await waitFor(`the end: ${text}`, () => host.states.find(({ status }) => status !== "connecting"));
    const { fingerprint } = state;
    assertEquals([state.problem, state.status], [problem, isRefusal ? "refused" : "offline"], text);
    assertEquals(fingerprint, problem === "host_key_changed" ? FINGERPRINT : undefined, text);
  }
});

Deno.test("an ssh that ends without a word counts as a lost connection", async () => {
  await using world = await sshWorld();
  await using host = await world.line("exit 0");
  await waitFor("the end", () => host.line.state.status === "offline");
  assertEquals(host.line.state.problem, "lost");
});

Deno.test("hosts whose shells never answer do not keep others from logging in", async () => {
  await using world = await sshWorld();
  const clock = leapingClock();
  const stuck: Awaited<ReturnType<typeof world.line>>[] = [];
  // As many as may log in at the same time.
  for (let i = 0; i < 3; i++) stuck.push(await world.line("exec sleep 600", clock));
  await using other = await world.line("echo 'Connection refused' >&2; exit 255");
  await waitFor("the logins", () => stuck.every(({ states }) => states.some(({ status }) => status === "connecting")));
  let polls = 0;
  await waitFor("the other one", () => {
    // A login that begins just now is timed from now on.
    if (polls++ % 100 === 0) clock.leap(60_000);
    return other.line.state.problem === "connection_refused";
  });
  assertEquals(
    stuck.map(({ states }) => states.find(({ problem }) => problem !== undefined)?.problem).includes("timed_out"),
    true,
  );
  for (const each of stuck) await each[Symbol.asyncDispose]();
});

Deno.test("hosts whose hubs never answer do not keep others from logging in", async () => {
  await using world = await sshWorld();
  const silent = `${world.path}/silent`;
  using listener = Deno.listen({ transport: "unix", path: silent });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })();
  const local = '"$(printf "%s" "$*" | sed "s/.* -L \\([^:]*\\):.*/\\1/")"';
  const script = standIn({
    directory: "/far",
    started: "1 it hangs",
    forward: `ln -s ${silent} ${local}; exit 0`,
  });
  const clock = leapingClock();
  const stuck: Awaited<ReturnType<typeof world.line>>[] = [];
  for (let i = 0; i < 3; i++) stuck.push(await world.line(script, clock));
  await waitFor("the questions", () => accepted.length === 3);
  await using other = await world.line("echo 'Connection refused' >&2; exit 255");
  await waitFor("the other one", () => other.line.state.problem === "connection_refused");
  assertEquals(stuck.map(({ line }) => line.state.status), ["connecting", "connecting", "connecting"]);
  let polls = 0;
  await waitFor("the time that a hub has", () => {
    if (polls++ % 50 === 0) clock.leap(15_000);
    return stuck.every(({ line }) => line.state.problem === "hub_does_not_start");
  });
  for (const each of stuck) await each[Symbol.asyncDispose]();
  listener.close();
  await accepting;
  for (const connection of accepted) connection.close();
});

for (
  const [what, directory, socket] of [
    ["variables", "/home/me/${HOME}", "/home/me/${HOME}/hub.sock"],
    ["patterns and ports", "/home/me/.local", "/home/%d/box:22"],
  ] as const
) {
  Deno.test(`ssh is given no path of a host that names ${what} of this machine`, async () => {
    await using world = await sshWorld();
    const started = `0 ${JSON.stringify({ socket, token_file: "/token" })}`;
    await using host = await world.line(standIn({ directory, started, forward: "exit 1" }).replace("secret", ""));
    await waitFor("the bridge", () => host.line.state.status === "up");
    assertEquals(host.line.state.via, "bridge");
    assertEquals((await readIfThere(`${host.program}.log`))?.includes("-O forward"), false);
  });
}

Deno.test("a line that was up is tried again, whatever the shell has printed", async () => {
  await using world = await sshWorld();
  const noise = "bash: line 1: x: command not found\nx: Permission denied\nBad owner or permissions on x";
  const started = `0 ${JSON.stringify({ socket: "/%h", token_file: "/token" })}`;
  const afterStart = `printf '%s\\n' ${shellQuote(noise)} >&2; exit 255`;
  await using host = await world.line(standIn({ directory: "/%h", started, afterStart }));
  await waitFor("two attempts", () => host.states.filter(({ status }) => status === "offline").length >= 2);
  const problems = host.states.flatMap(({ problem }) => problem ?? []);
  assertEquals([...new Set(problems)], ["lost"]);
});

Deno.test("the fingerprint of an unknown key is that of the host, and of none on the way to it", async () => {
  await using world = await sshWorld();
  const other = FINGERPRINT.replace("AAAA", "ZZZZ");
  const keys = [other, FINGERPRINT].map((each) => `debug1: Server host key: ssh-ed25519 ${each}`).join("\n");
  const look = `case " $* " in *" -v "*) printf '%s\\n' ${shellQuote(keys)} >&2;; esac`;
  await using host = await world.line(`${look}\necho 'Host key verification failed.' >&2; exit 255`);
  await waitFor("the refusal", () => host.line.state.status === "refused");
  assertEquals([host.line.state.problem, host.line.state.fingerprint], ["host_key_unknown", FINGERPRINT]);
});

Deno.test("looks at unknown keys are logins, of which three happen at once", async () => {
  await using world = await sshWorld();
  const [log, go] = [`${world.path}/log`, `${world.path}/go`];
  const wait = `while [ ! -e ${go} ]; do sleep 0.01; done`;
  const look = `case " $* " in *" -v "*) echo begins >>${log}; ${wait}; echo ends >>${log};; esac`;
  const script = `${look}\necho 'Host key verification failed.' >&2; exit 255`;
  await using stack = new AsyncDisposableStack();
  const hosts: Awaited<ReturnType<typeof world.line>>[] = [];
  for (let i = 0; i < 6; i++) hosts.push(stack.use(await world.line(script)));
  await waitFor("three looks", async () => (await readIfThere(log))?.split("begins").length === 4);
  await Deno.writeTextFile(go, "");
  await waitFor("the refusals", () => hosts.every(({ line }) => line.state.status === "refused"));
  let [now, most] = [0, 0];
  for (const word of (await Deno.readTextFile(log)).trim().split("\n")) {
    now += word === "begins" ? 1 : -1;
    most = Math.max(most, now);
  }
  assertEquals([now, most], [0, 3]);
});

Deno.test("a line ends at once while the hub of the host starts, and while its key is looked at", async () => {
  await using world = await sshWorld();
  const starting = await world.line(standIn({ directory: "/%h", afterStart: "exec sleep 600" }));
  await waitFor("the program", async () => (await readIfThere(`${starting.program}.log`)) !== undefined);
  const look = `case " $* " in *" -v "*) : >"$0.looks"; exec sleep 600;; esac`;
  const unknown = await world.line(`${look}\necho 'Host key verification failed.' >&2; exit 255`);
  await waitFor("the look", async () => (await readIfThere(`${unknown.program}.looks`)) !== undefined);
  for (const { line } of [starting, unknown]) await soon("the end", line[Symbol.asyncDispose]());
});
