/**
 * A hub in this program, from the lock to the socket.
 *
 * @module
 */

import { ProjectRoot } from "../projects/project_root.ts";
import { readDaemonToken } from "../client/daemon_token.ts";
import type { RemoteManager } from "../remote/remote_manager.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Store } from "../store/store.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import type { Logger } from "../system/log.ts";
import { tryGetEnv } from "../system/permissions.ts";
import { Topics } from "../system/topics.ts";
import { Access } from "./access/access.ts";
import { daemonSocketOf, type HubConfig } from "./config.ts";
import type { HubNotice } from "./hub_client.ts";
import { LazyHosts } from "./hosts/lazy_hosts.ts";
import { failureText } from "./hub_log.ts";
import { hubControl } from "./hub_control.ts";
import { acquireHubLock } from "./hub_lock.ts";
import { type HubPaths, prepareHubDirectories } from "./hub_paths.ts";
import { ensureHubToken, hubTokenChecker, hubTokenTime } from "./hub_token.ts";
import { serveWeb } from "./http/serve_web.ts";
import { LazyProjects } from "./lazy_projects.ts";
import { startLinks } from "./links/start_links.ts";
import { loadNats } from "./nats/start_nats.ts";
import { LiveFeed } from "./live_feed.ts";
import { daemonLine } from "./open_daemon_line.ts";
import { openRemote } from "./open_remote.ts";
import type { ShownConfig } from "./operation_types.ts";
import { startPush } from "./push/start_push.ts";
import { isLiveInstance, remoteProjects } from "./remote_projects.ts";
import { serveSocket } from "./socket_server.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

/** How long the hub may take to stop, in milliseconds. */
const STOP_MS = 2_500;
/** How long the audit keeps entries, in milliseconds: 365 days. */
const AUDIT_MS = 365 * 86_400_000;

/** What sessions are opened with. The store is closed after them. */
export interface OpenSessionsOptions {
  /** The name of the hub, which is the `host` of its sessions. */
  readonly host: string;
  /** The hub's files: the database, and the socket of the terminals. Their directories are there and private. */
  readonly paths: HubPaths;
  /** What the hub keeps. */
  readonly store: Store;
  /** The configuration. */
  readonly config: HubConfig;
  /** The socket of the daemon, absolute. */
  readonly daemonSocket: string;
  /** The home directory of the user, where the agent CLI keeps its files; `undefined` if it is unknown. */
  readonly home: string | undefined;
  /** The log of the hub. */
  readonly log: Logger;
  /** The source of time. */
  readonly clock: Clock;
}

/**
 * Opens the sessions in the store. It does not wait for the daemon. The disposal of the result commits what is not
 * committed yet, and leaves the agents running.
 */
export type OpenSessions = (options: OpenSessionsOptions) => Promise<Sessions>;

/** Options of {@linkcode startHub}. */
export interface StartHubOptions {
  /** The paths of its files. */
  readonly paths: HubPaths;
  /** Its configuration. */
  readonly config: HubConfig;
  /** The configuration as clients get it. */
  readonly shownConfig: ShownConfig;
  /** A sentence for each part of the configuration that is ignored. @default {none} */
  readonly warnings?: readonly string[];
  /** Opens the sessions. */
  readonly openSessions: OpenSessions;
  /** The program that writes recaps of conversations, with its arguments. @default {there are no recaps} */
  readonly recapCommand?: readonly string[] | undefined;
  /** A path that its socket may be bound to before it is published. */
  readonly stagingPath?: string | undefined;
  /** Its log. */
  readonly log: Logger;
  /** The source of time. */
  readonly clock?: Clock;
}

/** A hub that runs in this program. */
export interface RunningHub extends AsyncDisposable {
  /** Settles when a client has asked the hub to stop. */
  readonly stopRequested: Promise<void>;
  /** The web address; `undefined` if there is none. */
  readonly url: string | undefined;
  /** Stops it within three seconds; agents run on. */
  stop(): Promise<void>;
}

/**
 * Starts a hub in this program.
 *
 * @throws {ServeError} If another hub uses the state directory, or a file of the hub cannot be used.
 */
export async function startHub(options: StartHubOptions): Promise<RunningHub> {
  const { paths, config, openSessions, stagingPath, log, clock = systemClock } = options;
  await prepareHubDirectories(paths);
  await using starting = new AsyncDisposableStack();
  const lock = starting.use(await acquireHubLock(paths, clock));
  const token = await ensureHubToken(paths.token);
  const [host, daemonSocket, home] = [config.name ?? Deno.hostname(), daemonSocketOf(config), tryGetEnv("HOME")];
  const store = starting.use(Store.open(paths.database));
  store.audit.deleteBefore(clock.now() - AUDIT_MS);
  const sessions = starting.use(await openSessions({ host, paths, store, config, daemonSocket, home, log, clock }));
  const endFormer = () => access.hubTokenReplaced(hubTokenTime(paths.token));
  const isHubToken = hubTokenChecker(paths.token, token, clock, endFormer);
  const access = starting.use(new Access({ store, auth: config.auth, isHubToken, clock }));
  endFormer();
  const { promise: stopRequested, resolve: requestStop } = Promise.withResolvers<void>();
  const webhooks = starting.use(
    new Webhooks({ webhooks: config.webhooks, sessions, store, url: () => access.url, clock, log }),
  );
  const hub = hubControl({
    host,
    paths,
    config,
    shownConfig: options.shownConfig,
    warnings: options.warnings ?? [],
    daemonSocket,
    sessions,
    access,
    webhooks,
    links: () => links?.statuses ?? [],
    hosts: () => hosts.list(),
    nats: () => nats,
    clock,
    stopSoon: requestStop,
  });
  const topics = new Topics<HubNotice>();
  const onError = (part: string) => (error: unknown) => log.error(`[${part}] ${failureText(error)}`);
  const line = starting.use(daemonLine(daemonSocket, clock, () => remote.daemonUp(), onError("daemon"), log));
  const nats = config.nats && starting.use(await loadNats(config.nats, { ownName: host, sessions, store, log, clock }));
  const push = starting.use(await startPush({ config: config.push, sessions, store, clock, log }));
  const hosts = starting.use(
    new LazyHosts({
      ...{ ownName: host, store, sessions, nats, client: () => line.ready(), directory: paths.hosts, clock, log },
      home,
      onChange: (changed) => topics.publish({ topic: "hosts", host: changed }),
      onRemembered: (name, had) => push.rememberHost(name, had),
      onMessage: (name, message) => push.takeHost(name, message),
      onRemoved: (removed) => {
        push.forgetHost(removed);
        topics.publish({ topic: "hosts", removed });
      },
    }),
  );
  if (nats !== undefined || store.hosts.list().length > 0) await hosts.open();
  const feed = starting.use(new LiveFeed(sessions, topics, hosts));
  const { root, allowsBypass } = config.projects;
  const { projects, clones, usage, history } = starting.use(
    new LazyProjects({
      topics,
      onError: onError("projects"),
      projects: {
        ...{ root, allowsBypass, home: home ?? "", line, topics, sessions, clock, onError: onError("projects") },
        remoteOf: (name) => remote.list(name).filter(isLiveInstance).map(({ id }) => id),
        instances: () => remote.running(),
      },
      clones: {
        ...{ config: config.clone, owner: paths.directory, line, clock, onError: onError("clones") },
        publish: (notice) => topics.publish(notice),
      },
      usage: { home, path: `${paths.directory}/usage.db`, config: config.usage, clock },
    }),
  );
  const remote: RemoteManager = starting.use(openRemote({
    ...{ paths, store, config, line, topics, clock, log, home: home ?? "" },
    projects: remoteProjects({ ...config.projects, places: new ProjectRoot(root), home: home ?? "" }),
    secrets: [token, await tryReadDaemonToken(daemonSocket)],
    recapCommand: options.recapCommand,
    onError: onError("remote"),
  }));
  // The connection is closed first, so that nothing waits for a daemon that does not answer.
  starting.defer(() => line[Symbol.asyncDispose]());
  const operations = {
    sessions,
    projects,
    clones,
    usage,
    history,
    remote,
    hosts,
    nats,
    hub,
    store,
    access,
    push,
    clock,
    log,
  };
  const links = starting.use(await startLinks({ links: config.links, feed, operations, clock, log }));
  starting.use(await serveSocket({ paths, stagingPath, isAuthorized: isHubToken, feed, operations }));
  const web = await serveWeb({ config, feed, operations, webhooks });
  if (web !== undefined) starting.use(web);
  webhooks.start();
  nats?.start(operations);
  lock.record(paths.socket);
  log.info(`the hub listens on ${paths.socket}${web === undefined ? "" : ` and ${web.url}`}`);
  const parts = starting.move();
  let stopping: Promise<void> | undefined;
  const stop = () => stopping ??= stopParts(parts, () => lock.withdraw(), log, clock);
  return { stopRequested, url: web?.url, stop, [Symbol.asyncDispose]: stop };
}

/** The daemon's token, which no log may show; "" if it cannot be read. */
async function tryReadDaemonToken(socket: string): Promise<string> {
  try {
    return await readDaemonToken(socket);
  } catch (error) {
    if (error instanceof ClaustrumError) return "";
    throw error;
  }
}

/** The parts stop in the reverse order: web address and socket, the sessions, the store, and the lock. */
async function stopParts(
  parts: AsyncDisposableStack,
  withdraw: () => void,
  log: Logger,
  clock: Clock,
): Promise<void> {
  withdraw();
  const stopped = parts.disposeAsync().catch((error) => log.error(`the hub did not stop cleanly: ${error}`));
  if (!await happensWithin(stopped, STOP_MS, clock)) log.warn("the hub did not stop in time");
  else log.info("the hub has stopped");
}
