/**
 * Remote control as a hub has it.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { RemoteManager } from "../remote/remote_manager.ts";
import type { RemoteProjects } from "../remote/settings.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import type { Logger } from "../system/log.ts";
import type { Topics } from "../system/topics.ts";
import type { HubConfig } from "./hub_config.ts";
import type { HubNotice } from "./hub_client.ts";
import type { HubPaths } from "./hub_paths.ts";

/** What remote control is opened with. */
export interface OpenRemoteOptions {
  /** The hub's files. */
  readonly paths: HubPaths;
  /** What the hub keeps. */
  readonly store: Store;
  /** The configuration. */
  readonly config: HubConfig;
  /** The connection to the daemon. Its owner tells remote control when it is up. */
  readonly line: DaemonLine;
  /** The user's home directory. */
  readonly home: string;
  /** The projects. */
  readonly projects: RemoteProjects;
  /** Who is told what happens. */
  readonly topics: Topics<HubNotice>;
  /** What logs must not show, besides what looks like a secret. */
  readonly secrets: readonly string[];
  /** The program of the recap, with its arguments; absent if it is not known. */
  readonly recapCommand?: readonly string[] | undefined;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
}

/** Opens remote control. It does not wait for the daemon; its disposal leaves all programs running. */
export function openRemote(options: OpenRemoteOptions): RemoteManager {
  const { paths, store, config, line, home, projects, topics, secrets, recapCommand, clock, log, onError } = options;
  const { agent, sessions, remote, redactsLogsOnDisk } = config;
  return new RemoteManager({
    line,
    store,
    projects,
    topics,
    clock,
    onError,
    onWarning: (message) => log.warn(message),
    settings: {
      directory: paths.remote,
      home,
      tmuxSocket: paths.tmuxSocket,
      tmuxPrefix: sessions.tmuxPrefix,
      agentBinary: agent.binary,
      agentEnv: agent.env,
      agentPathAppend: agent.pathAppend,
      max: remote.max,
      mode: remote.mode,
      autoEnable: remote.autoEnable,
      graceSeconds: remote.graceSeconds,
      restartsOnCrash: remote.restartsOnCrash,
      pollSeconds: remote.pollSeconds,
      redactOnDisk: redactsLogsOnDisk,
      secrets,
      capacity: remote.capacity,
      sessionNamePrefix: remote.sessionNamePrefix,
      isVerbose: remote.isVerbose,
      recapCommand: remote.hasRecap ? recapCommand : undefined,
      recapMaxChars: remote.recapMaxChars,
    },
  });
}
