import { connectHub } from "../../../lib/hub/connect_hub.ts";
import type { SessionEvent, StartParams } from "../../../lib/sessions/types.ts";
import { type SessionHome, sessionHome } from "../../helpers/session_home.ts";
import { isAlive, waitFor } from "../../helpers/wait.ts";
import { storeSessions } from "./stored_session.ts";
import { type Call, startSession, type TestSession } from "./test_session.ts";

/** A home directory with a hub that runs, a daemon, and stand-ins as agents. */
export interface WebHome extends SessionHome {
  /** The hub's web address. */
  readonly url: string;
  readonly port: number;
  /** The hub's token. */
  readonly token: string;
  /** The directory of the projects. */
  readonly projects: string;
  /** Runs an operation, as the command line does. */
  readonly call: Call;
  /** Makes a link that signs in. */
  link(): Promise<string>;
  /** Starts a session in a trusted directory of its own, and waits until it is idle, or has begun with its prompt. */
  start(name: string, params?: Partial<StartParams>): Promise<TestSession>;
  /** Ends the hub with SIGKILL; agents run on. */
  killHub(): Promise<void>;
  /** Starts the hub again, at the same address. */
  startHub(): Promise<void>;
}

/**
 * Starts a hub in a home directory of its own.
 *
 * @param config More of `hub.toml`.
 * @param stored Sessions that are over, by name: their events.
 * @param hasRoot Whether a directory of projects is configured.
 * @param more More environment variables of the hub and of the daemon that it starts.
 */
export async function webHome(
  config = "",
  stored: Readonly<Record<string, readonly SessionEvent[]>> = {},
  hasRoot = true,
  more: Readonly<Record<string, string>> = {},
): Promise<WebHome> {
  await using starting = new AsyncDisposableStack();
  const home = starting.use(await sessionHome(config));
  const state = `${home.path}/.local/state/claustrum`;
  const projects = `${home.path}/projects`;
  await Deno.mkdir(projects);
  await Deno.mkdir(state, { recursive: true, mode: 0o700 });
  storeSessions(`${state}/hub.db`, home.work, stored);
  const startAt = async (port: number) => {
    const root = hasRoot ? { CLAUSTRUM_PROJECTS_ROOT: projects } : {};
    const env = { CLAUSTRUM_LISTEN: `127.0.0.1:${port}`, ...root, ...more };
    const { code, stderr } = await home.run(["hub", "start"], { env });
    if (code !== 0) throw new Error(`the hub does not start: ${stderr}`);
  };
  await startAt(0);
  const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
  const call: Call = async (name, params) => {
    await using hub = await connectHub({ socket: `${state}/hub.sock`, token });
    return await hub.call(name, params);
  };
  const { url } = await call("hub.status", {});
  if (url === undefined) throw new Error("the hub has no web address");
  const port = Number(new URL(url).port);
  const parts = starting.move();
  return {
    ...home,
    url,
    port,
    token,
    projects,
    call,
    link: async () => (await home.run(["hub", "open", "--print"])).stdout.trim(),
    start: (name, params) => startSession(call, `${home.work}/${name}`, name, params),
    async killHub() {
      const pid = home.hubPid();
      Deno.kill(pid, "SIGKILL");
      await waitFor("the end of the hub", () => !isAlive(pid));
    },
    startHub: () => startAt(port),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
