import { Access } from "../../lib/hub/access/access.ts";
import { resolveHubConfig } from "../../lib/hub/config.ts";
import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import { LiveFeed } from "../../lib/hub/live_feed.ts";
import type { OperationContext } from "../../lib/hub/operation.ts";
import type { HubStatus } from "../../lib/hub/operation_types.ts";
import { serveSocket } from "../../lib/hub/socket_server.ts";
import { startPush } from "../../lib/hub/push/start_push.ts";
import { tokenChecker } from "../../lib/rpc/dispatch.ts";
import type { Sessions } from "../../lib/sessions/sessions.ts";
import type { Clones } from "../../lib/projects/clones.ts";
import type { ProjectNotice } from "../../lib/projects/types.ts";
import { Store } from "../../lib/store/store.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { createLogger } from "../../lib/system/log.ts";
import { LineClient } from "./line_client.ts";
import { idleProjects } from "./projects.ts";
import { MemoryRemote } from "./memory_remote.ts";
import { noHosts } from "./no_hosts.ts";
import { tempDir } from "./temp.ts";

/** A hub's socket in this program. */
export interface TestHubSocket extends AsyncDisposable {
  readonly socket: string;
  /** How often a client has asked the hub to stop. */
  stops(): number;
  log(): string;
  /** Connects with the hub's client. */
  connect(): Promise<HubClient>;
  /** The state directory, by which the command line finds it. */
  readonly state: string;
  /** Connects with a client that shares no code with the hub. */
  lines(token?: string): Promise<LineClient>;
  /** Closes the socket; it can be opened again. */
  close(): Promise<void>;
  /** Opens the socket again. */
  open(): Promise<void>;
  /** What its operations work with. */
  readonly operations: Omit<OperationContext, "caller">;
}

/** The token of these hubs. */
export const TOKEN = "test-token-of-forty-three-characters-abcdef";

/** Options of {@linkcode hubSocket}. */
export interface HubSocketOptions {
  /** Makes the clones, which the caller closes. @default {clones without a daemon} */
  readonly clones?: (publish: (notice: ProjectNotice) => void) => Clones;
  /** The remote control. @default {one without instances} */
  readonly remote?: MemoryRemote;
}

/** Serves sessions on a socket in a directory of its own. */
export async function hubSocket(sessions: Sessions, options: HubSocketOptions = {}): Promise<TestHubSocket> {
  const directory = await tempDir();
  await Deno.writeTextFile(`${directory.path}/hub.token`, `${TOKEN}\n`, { mode: 0o600 });
  const socket = `${directory.path}/hub.sock`;
  let [stops, log] = [0, ""];
  const status: HubStatus = {
    name: "here",
    version: "test",
    pid: Deno.pid,
    uptime_seconds: 1,
    socket,
    daemon: { running: true, socket: "/nonexistent" },
    sessions: { idle: 1 },
    last_event: 0,
  };
  const store = Store.open(":memory:");
  const isHubToken = tokenChecker(TOKEN);
  const { config: { auth } } = await resolveHubConfig({ env: new Map() });
  const access = new Access({ store, auth, isHubToken, clock: systemClock });
  const idle = idleProjects(sessions);
  const feed = new LiveFeed(sessions, idle.topics);
  const logger = createLogger({ level: "debug", write: (line) => void (log += line) });
  const push = await startPush({ config: undefined, sessions, store, clock: systemClock, log: logger });
  const operations = {
    sessions,
    hosts: noHosts(store, directory.path),
    projects: idle.projects,
    clones: options.clones?.((notice) => idle.topics.publish(notice)) ?? idle.clones,
    usage: idle.usage,
    history: idle.history,
    remote: options.remote ?? new MemoryRemote(),
    store,
    access,
    push,
    hub: {
      status: () => Promise.resolve(status),
      config: () => ({ values: [{ key: "name", value: "here", source: "default" }] }),
      doctor: () => Promise.resolve([{ name: "hub", status: "ok" as const, message: "it runs" }]),
      stopSoon: () => void stops++,
    },
    clock: systemClock,
    log: logger,
  };
  const serve = () =>
    serveSocket({
      paths: { socket, sockets: directory.path },
      stagingPath: `${directory.path}/.bind-00000000`,
      isAuthorized: isHubToken,
      feed,
      operations,
    });
  let server: AsyncDisposable | undefined = await serve();
  const close = async () => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
  };
  return {
    state: directory.path,
    socket,
    operations,
    stops: () => stops,
    log: () => log,
    connect: () => connectHub({ socket, token: TOKEN }),
    lines: (token = TOKEN) => LineClient.connect(socket, token),
    close,
    async open() {
      server = await serve();
    },
    async [Symbol.asyncDispose]() {
      await close();
      feed[Symbol.dispose]();
      await idle[Symbol.asyncDispose]();
      access[Symbol.dispose]();
      store.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}
