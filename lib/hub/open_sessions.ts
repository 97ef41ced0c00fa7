/**
 * The sessions of a hub.
 *
 * @module
 */

import { openSessions as open } from "../sessions/mod.ts";
import { ServeError } from "../system/serve_error.ts";
import type { OpenSessions } from "./start_hub.ts";

/** Opens the store of a hub and the sessions in it. */
export const openSessions: OpenSessions = ({ host, paths, config, daemonSocket, home, log, clock }) => {
  if (home === undefined || home === "") {
    return Promise.reject(
      new ServeError("the home directory is unknown, where the agent CLI keeps its files: set HOME"),
    );
  }
  const { agent, sessions, events, projects } = config;
  return open({
    socket: daemonSocket,
    store: paths.database,
    clock,
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
    guarded: ["claustrum", paths.directory],
    mayBypass: (path) => projects.allowsBypass(path),
    onError: (error) => log.error(`[sessions] ${error instanceof Error ? error.stack ?? error.message : error}`),
  });
};
