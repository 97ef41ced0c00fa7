/**
 * The sessions of a hub.
 *
 * @module
 */

import { keepSessions } from "../sessions/keep_sessions.ts";
import { sessionSettings } from "../sessions/settings.ts";
import { ServeError } from "../system/serve_error.ts";
import { failureText } from "./hub_log.ts";
import type { HubConfig } from "./hub_config.ts";
import { sessionEndText } from "./session_ends.ts";
import type { OpenSessions } from "./start_hub.ts";

/** Opens the sessions in the store of a hub. */
export const openSessions: OpenSessions = ({ host, paths, store, config, daemonSocket, home, log, clock }) => {
  if (home === undefined || home === "") {
    return Promise.reject(
      new ServeError("the home directory is unknown, where the agent CLI keeps its files: set HOME"),
    );
  }
  const { agent, sessions, events, projects } = config;
  const settings = sessionSettings({
    host,
    home,
    agentBinary: agent.binary,
    agentEnv: agent.env,
    agentPathAppend: agent.pathAppend,
    ...sessions,
    keepDays: events.keepDays,
    keepMb: events.keepMb,
    tmuxSocket: paths.tmuxSocket,
    // Nothing allows by itself what could answer questions, or change what the hub keeps.
    guarded: ["claustrum", paths.directory, ...webAddresses(config)],
    mayBypass: (path) => projects.allowsBypass(path),
  });
  const onError = (error: unknown) => log.error(`[sessions] ${failureText(error)}`);
  const kept = keepSessions({ socket: daemonSocket, store, settings, clock, onError });
  kept.listen((message) => {
    const text = sessionEndText(message, kept);
    if (text !== undefined) log.info(text);
  });
  return Promise.resolve(kept);
};

/** How commands name the hub's web address. */
function webAddresses({ web: { listen } }: HubConfig): string[] {
  if (listen === undefined || listen.port === 0) return [];
  return [`:${listen.port}`];
}
