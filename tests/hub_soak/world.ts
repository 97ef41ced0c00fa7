import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import { type SessionHome, sessionHome } from "../helpers/session_home.ts";
import { waitFor } from "../helpers/wait.ts";

/** How many sessions work on each machine. */
export interface WorldSize {
  /** On the machine that shows all. */
  readonly main: number;
  /** On each of the machines that dial it, by its name. */
  readonly far: Readonly<Record<string, number>>;
}

const TWENTY: WorldSize = { main: 10, far: { box1: 5, box2: 5 } };

/** A machine: a home directory with a daemon, a hub and agents. */
export interface Machine {
  /** The name of the host on the page; `undefined` for the machine itself. */
  readonly host: string | undefined;
  readonly home: SessionHome;
  /** The names of its sessions. */
  readonly sessions: readonly string[];
  /** Connects to its hub, which must be up. */
  connect(): Promise<HubClient>;
  /** Kills its hub and starts another one. */
  killHub(): Promise<void>;
  /** Replaces its daemon, which hands its processes over. */
  upgradeDaemon(): Promise<void>;
  /** Replaces its daemon, which hands its processes over, and then its hub. */
  upgrade(): Promise<void>;
}

/** Machines: one that shows all, and others that dial it. */
export interface World extends AsyncDisposable {
  /** All of them, the one that shows all first. */
  readonly machines: readonly Machine[];
  /** The address of the page. */
  readonly url: string;
  /** Waits until the main machine reaches all others. */
  whenUp(): Promise<void>;
}

/**
 * Starts the machines, the lines between them, and the sessions.
 *
 * @param size How many sessions there are. @default {20 on three machines}
 */
export async function startWorld(size: WorldSize = TWENTY): Promise<World> {
  await using starting = new AsyncDisposableStack();
  const port = freePort();
  const main = starting.use(await sessionHome(`listen = "127.0.0.1:${port}"\nname = "main"\n`));
  await must(main, "hub", "start");
  const machines = [await machine(undefined, main, size.main)];
  for (const [host, count] of Object.entries(size.far)) {
    const key = await must(main, "host", "key", "create", host);
    const keyFile = `${main.path}/${host}.key`;
    await Deno.writeTextFile(keyFile, key, { mode: 0o600 });
    const link = `{ url = "ws://127.0.0.1:${port}/ws/daemon", key_file = "${keyFile}" }`;
    const home = starting.use(await sessionHome(`listen = ""\nname = "${host}"\nlinks = [${link}]\n`));
    await must(home, "hub", "start");
    machines.push(await machine(host, home, count));
  }
  const whenUp = () => hostsUp(main, Object.keys(size.far).length);
  await whenUp();
  const all = starting.move();
  return { machines, url: `http://127.0.0.1:${port}/`, whenUp, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function hostsUp(main: SessionHome, count: number): Promise<void> {
  await waitFor("all hosts to be up", async () => {
    const hosts: { state: string }[] = JSON.parse(await must(main, "host", "list", "--json"));
    return hosts.filter(({ state }) => state === "up").length >= count;
  });
}

async function machine(host: string | undefined, home: SessionHome, count: number): Promise<Machine> {
  const state = `${home.path}/.local/state/claustrum`;
  const sessions = Array.from({ length: count }, (_, i) => `${host ?? "main"}-${i + 1}`);
  for (const name of sessions) await home.session("start", home.work, "--name", name, "--trust");
  return {
    host,
    home,
    sessions,
    async connect() {
      const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
      return await connectHub({ socket: `${state}/hub.sock`, token });
    },
    async killHub() {
      Deno.kill(home.hubPid(), "SIGKILL");
      await must(home, "hub", "start");
    },
    upgrade: async () => void await must(home, "hub", "restart", "--daemon"),
    upgradeDaemon: async () => void await must(home, "serve", "--replace", "--handover"),
  };
}

/** Runs a command that must succeed; returns what it prints. */
async function must(home: SessionHome, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.run(args);
  if (code !== 0) throw new Error(`claustrum ${args.join(" ")} failed with ${code}: ${stderr}`);
  return stdout;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
