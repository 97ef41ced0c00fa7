import { connect } from "../../lib/client/connect.ts";
import { DaemonLine } from "../../lib/client/daemon_line.ts";
import { trust } from "../../lib/claude_home/trust.ts";
import { remoteProjects } from "../../lib/hub/remote_projects.ts";
import { ProjectRoot } from "../../lib/projects/project_root.ts";
import type { Remote } from "../../lib/remote/remote.ts";
import { RemoteManager } from "../../lib/remote/remote_manager.ts";
import type { RemoteSettings } from "../../lib/remote/settings.ts";
import type { Instance, RemoteNotice } from "../../lib/remote/types.ts";
import { Store } from "../../lib/store/store.ts";
import { type Clock, systemClock } from "../../lib/system/clock.ts";
import { Topics } from "../../lib/system/topics.ts";
import { startDaemon, type TestDaemonOptions } from "./daemon.ts";
import { homeOfMany, serveAt } from "./handover.ts";
import { type Restarts, restartsOf } from "./restarts.ts";
import { endAgents, endTerminals } from "./sessions.ts";
import { type StandInAgent, standInAgent } from "./stand_in_agent.ts";
import { waitFor } from "./wait.ts";

/** Remote control that is open, and what it tells. */
export interface OpenedRemote extends AsyncDisposable {
  readonly remote: Remote;
  readonly topics: Topics<RemoteNotice>;
  /** Waits until an instance has a status; returns it. */
  whenStatus(id: string, status: Instance["status"]): Promise<Instance>;
}

/** A daemon, a stand-in for the agent CLI and projects; remote control can be opened any number of times. */
export interface RemoteWorld extends AsyncDisposable {
  readonly agent: StandInAgent;
  readonly home: string;
  /** The directory of the projects; `web` and `api` are trusted, `new` is not. */
  readonly root: string;
  /** The socket of the daemon. */
  readonly socket: string;
  readonly tmuxSocket: string;
  /** What went wrong without a caller. */
  readonly errors: unknown[];
  readonly warnings: string[];
  open(settings?: Partial<RemoteSettings>, clock?: Clock): OpenedRemote;
}

/** Such a world whose daemon can be killed, started again and upgraded. */
export interface RestartableRemoteWorld extends RemoteWorld, Restarts {}

/** Starts a daemon and prepares the rest. */
export async function remoteWorld(options: TestDaemonOptions = {}): Promise<RemoteWorld> {
  const daemon = await startDaemon(options);
  return await worldOf(daemon.directory, daemon.socket, daemon);
}

/** Likewise, with a daemon that can be killed. */
export async function restartableRemoteWorld(): Promise<RestartableRemoteWorld> {
  const home = await homeOfMany();
  await serveAt(home);
  return { ...await worldOf(home.path, home.socket, home), ...restartsOf(home) };
}

async function worldOf(home: string, socket: string, owner: AsyncDisposable): Promise<RemoteWorld> {
  const root = `${home}/projects`;
  for (const name of ["web", "api", "new"]) await Deno.mkdir(`${root}/${name}`, { recursive: true });
  for (const name of ["web", "api"]) await trust(home, `${root}/${name}`);
  const agent = await standInAgent(home);
  const [errors, warnings]: [unknown[], string[]] = [[], []];
  const tmuxSocket = `${home}/tmux.sock`;
  return {
    agent,
    home,
    root,
    socket,
    tmuxSocket,
    errors,
    warnings,
    open(settings = {}, clock = systemClock) {
      const store = Store.open(`${home}/hub.db`);
      const topics = new Topics<RemoteNotice>();
      const onError = (error: unknown) => void errors.push(error);
      const line = new DaemonLine({
        connect: (signal) => connect({ socket, signal, giveUpMs: 3_000 }),
        clock: systemClock,
        onUp: () => remote.daemonUp(),
        onGone: () => {},
        onError,
      });
      const remote: RemoteManager = new RemoteManager({
        line,
        store,
        topics,
        clock,
        onError,
        onWarning: (message) => void warnings.push(message),
        projects: remoteProjects({
          root,
          places: new ProjectRoot(root),
          home,
          allowsBypass: (path) => path === `${root}/api`,
        }),
        settings: {
          directory: `${home}/remote`,
          home,
          tmuxSocket,
          tmuxPrefix: "claustrum-",
          agentBinary: agent.program,
          agentEnv: {},
          agentPathAppend: [],
          max: 10,
          mode: "standard",
          autoEnable: true,
          graceSeconds: 60,
          restartsOnCrash: false,
          pollSeconds: 30,
          redactOnDisk: false,
          secrets: [],
          recapCommand: undefined,
          capacity: 0,
          sessionNamePrefix: undefined,
          isVerbose: false,
          recapMaxChars: 8_000,
          ...settings,
        },
      });
      return {
        remote,
        topics,
        whenStatus: (id, status) =>
          waitFor(`${id} to be ${status}`, () => {
            const instance = remote.get(id);
            return instance.status === status ? instance : undefined;
          }),
        async [Symbol.asyncDispose]() {
          await Promise.all([remote[Symbol.asyncDispose](), line[Symbol.asyncDispose]()]);
          store.close();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await endTerminals(tmuxSocket);
      await endAgents(home);
      await owner[Symbol.asyncDispose]();
      if (errors.length > 0) throw new AggregateError(errors, "remote control failed behind the scenes");
    },
  };
}
