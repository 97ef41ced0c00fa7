/**
 * Runs the hub in this very process; all that a hub in the background needs of the command line.
 *
 * @module
 */

import { shownConfig } from "../hub/config_text.ts";
import { hubLogger, writeToStderr } from "../hub/hub_log.ts";
import { hubPaths } from "../hub/hub_paths.ts";
import { openSessions } from "../hub/open_sessions.ts";
import { runHub } from "../hub/run_hub.ts";
import type { OpenSessions } from "../hub/start_hub.ts";
import { HUB_STAGING_MARKER, type HubRequest, resolveRequest } from "./hub_request.ts";
import { print } from "./print.ts";

/** The program that writes recaps. */
const RECAP_ENTRY = new URL("./recap_main.ts", import.meta.url).href;

/**
 * Runs the hub until it is stopped.
 *
 * @param open Opens the sessions.
 * @returns The exit code.
 */
export async function hubHere(request: HubRequest, open: OpenSessions = openSessions): Promise<number> {
  const stagingPath = Deno.env.get(HUB_STAGING_MARKER);
  Deno.env.delete(HUB_STAGING_MARKER);
  const resolved = await resolveRequest(request);
  const { config, warnings } = resolved;
  const log = hubLogger({ format: config.logFormat, level: config.logLevel, write: writeToStderr });
  for (const warning of warnings) log.warn(warning);
  const paths = hubPaths({ stateDir: request["state-dir"] });
  // In the background the launcher says so, and stdout is the log, which has a line of its own.
  const onReady = () => stagingPath === undefined && print(`The hub listens on ${paths.socket}`);
  await runHub({
    paths,
    config,
    shownConfig: shownConfig(resolved),
    warnings,
    openSessions: open,
    recapCommand: recapCommand(),
    stagingPath,
    log,
    onReady,
  });
  return 0;
}

/** How the agent CLI runs the program that writes recaps. */
function recapCommand(): string[] {
  const args = ["remote", "recap"];
  if (Deno.build.standalone) return [Deno.execPath(), ...args];
  const run = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-read", "--allow-env"];
  // A bundle consists of a single file.
  return Deno.mainModule === import.meta.url ? [...run, Deno.mainModule, ...args] : [...run, RECAP_ENTRY];
}
