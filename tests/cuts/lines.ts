import { connect } from "../../lib/client/mod.ts";
import { LoginGate } from "../../lib/hosts/login_gate.ts";
import { SshLine } from "../../lib/hosts/ssh_line.ts";
import { connectHub } from "../../lib/hub/connect_hub.ts";
import { overSsh } from "../../lib/hub/hosts/host_line.ts";
import { HostMirror } from "../../lib/hub/hosts/host_mirror.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { plainEnvironment, startDaemon } from "../helpers/daemon.ts";
import { hubSocket, TOKEN } from "../helpers/hub_socket.ts";
import { linkedHubs } from "../helpers/linked_hubs.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";
import { natsHub } from "../helpers/nats_hub.ts";
import { hasNats, startNatsServer } from "../helpers/nats_server.ts";
import { hasSsh, startSshServer } from "../helpers/ssh_server.ts";
import { startTcpProxy, startUnixProxy } from "../helpers/tcp_proxy.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";
import { type CutLine, SESSION } from "./cut_line.ts";

/** What a kind of line needs, and how it is opened. */
interface LineKind {
  /** The programs that it needs. */
  readonly programs: string;
  readonly isPossible: () => boolean;
  readonly open: () => Promise<CutLine>;
}

/** All kinds of lines. */
export const LINES: Readonly<Record<"local" | "ssh" | "link" | "nats", LineKind>> = {
  local: { programs: "", isPossible: () => true, open: localLine },
  ssh: { programs: "ssh and sshd", isPossible: hasSsh, open: sshLine },
  link: { programs: "", isPossible: () => true, open: linkLine },
  nats: { programs: "nats-server", isPossible: hasNats, open: natsLine },
};

function oneSession(): MemorySessions {
  const sessions = new MemorySessions();
  sessions.create(SESSION);
  return sessions;
}

/** A client of the hub's socket, as the command line is one; what is between them is closed. */
async function localLine(): Promise<CutLine> {
  await using stack = new AsyncDisposableStack();
  const sessions = oneSession();
  const hub = stack.use(await hubSocket(sessions));
  const proxy = stack.use(await startUnixProxy(hub.socket));
  const client = stack.use(await connectHub({ socket: proxy.socket, token: TOKEN }));
  const all = stack.move();
  return {
    sessions,
    follow: (signal) => client.follow({ after: 0, signal }),
    cut: () => proxy.cut(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A real `ssh` and a real server; the network is cut, and `ssh` is killed, in turn. */
async function sshLine(): Promise<CutLine> {
  await using stack = new AsyncDisposableStack();
  const sessions = oneSession();
  const hub = stack.use(await hubSocket(sessions));
  const { path: home } = stack.use(await tempDir());
  // A hub runs there already: nothing has to be started.
  await Deno.mkdir(`${home}/.local/state`, { recursive: true });
  await Deno.symlink(hub.state, `${home}/.local/state/claustrum`);
  const server = stack.use(await startSshServer(plainEnvironment(home)));
  const proxy = stack.use(startTcpProxy(server.port));
  const daemon = stack.use(await startDaemon());
  const client = stack.use(await connect({ socket: daemon.socket }));
  const line = stack.use(
    new SshLine({
      client: () => Promise.resolve(client),
      place: {
        target: { host: "127.0.0.1", port: proxy.port },
        control: `${daemon.directory}/far.ssh`,
        options: server.options,
      },
      socket: `${daemon.directory}/far.sock`,
      logins: new LoginGate(),
      onState: ({ status }) => {
        if (status === "up") mirror.hurry();
      },
      clock: systemClock,
      // The shortest pauses.
      random: () => 0,
    }),
  );
  const mirror: HostMirror = stack.use(mirrorOver(overSsh(line, "near").dial));
  await waitFor("the line to be up", () => mirror.isUp);
  const kill = async () => {
    const { processes } = await client.call("process.list", { all: true } as never);
    const running = processes.filter(({ id, running }) => running && id.startsWith("hub/ssh/"));
    for (const { pid } of running) if (isAlive(pid)) Deno.kill(pid, "SIGKILL");
  };
  const all = stack.move();
  return {
    sessions,
    follow: (signal) => mirror.follow({ after: 0, signal }),
    cut: (number) => number % 2 === 0 ? proxy.cut() : kill(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Two hubs with web addresses, of which one dials the other; what is between them is closed. */
async function linkLine(): Promise<CutLine> {
  const hubs = await linkedHubs();
  return {
    sessions: hubs.far.sessions,
    follow: (signal) => hubs.near.hosts.follow("box", { after: 0, signal }),
    cut: () => hubs.proxy.cut(),
    [Symbol.asyncDispose]: () => hubs[Symbol.asyncDispose](),
  };
}

/** A real server, to which both hubs are connected; all that is between them is closed. */
async function natsLine(): Promise<CutLine> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const proxy = stack.use(startTcpProxy(server.port));
  const url = `nats://127.0.0.1:${proxy.port}`;
  const far = stack.use(await natsHub("far", { url }));
  const near = stack.use(await natsHub("near", { url }));
  far.sessions.create(SESSION);
  await waitFor(
    "the host to be up",
    () => near.hosts.list().some(({ name, state }) => name === "far" && state === "up"),
  );
  const all = stack.move();
  return {
    sessions: far.sessions,
    follow: (signal) => near.hosts.follow("far", { after: 0, signal }),
    cut: () => proxy.cut(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function mirrorOver(dial: ConstructorParameters<typeof HostMirror>[0]["dial"]): HostMirror {
  return new HostMirror({
    name: "box",
    dial,
    onMessage: () => {},
    onChange: () => {},
    onError: (error) => {
      throw error;
    },
    clock: systemClock,
  });
}
