/**
 * Prints or installs the definition of the hub's service.
 *
 * @module
 */

import type { ServiceKind } from "../daemon/launch/service_unit.ts";
import { daemonSocketOf } from "../hub/config.ts";
import type { ConfigEntry } from "../hub/config_entry.ts";
import type { RunningProgram } from "./command.ts";
import { checkSockets, hubCommandLine } from "./hub_command_line.ts";
import { hubPathsOf } from "./hub_connection.ts";
import { hubProgram } from "./hub_program.ts";
import { HUB_START_FLAGS, type HubRequest, resolveRequest } from "./hub_request.ts";
import { hubServiceUnit } from "./hub_service_unit.ts";
import { printMessage } from "./print.ts";
import { printOrWriteUnit, serviceHome, serviceUser } from "./service_file.ts";

const { foreground: _foreground, ...START_FLAGS } = HUB_START_FLAGS;

/** The flags that say how the service starts the hub. */
export const HUB_SERVICE_FLAGS = START_FLAGS;

/**
 * Prints the definition of the hub's service, or installs it.
 *
 * @param request How the service starts the hub.
 * @param writes Whether it is installed.
 * @throws {ConfigError} If the configuration is wrong.
 */
export async function printHubService(
  kind: ServiceKind,
  request: HubRequest,
  writes: boolean,
  program: RunningProgram,
): Promise<void> {
  const command = await commandOf(request, program);
  const { directory } = hubPathsOf(request);
  const unit = hubServiceUnit(kind, { command, directory, home: serviceHome(), user: serviceUser() });
  await printOrWriteUnit(unit, writes);
}

/** The service starts without the variables of this shell, so that what it needs of them stands in the command. */
async function commandOf(request: HubRequest, program: RunningProgram): Promise<string[]> {
  const { config, warnings, file, entries } = await resolveRequest(request);
  for (const warning of warnings) printMessage(warning);
  const paths = hubPathsOf(request);
  const daemonSocket = daemonSocketOf(config);
  checkSockets(paths, daemonSocket);
  const isElsewhere = file !== undefined && file !== `${Deno.env.get("HOME")}/.config/claustrum/hub.toml`;
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value));
  const complete = {
    ...fromVariables(entries),
    ...given,
    "daemon-socket": daemonSocket,
    ...(isElsewhere ? { config: file } : {}),
  };
  return hubCommandLine({ paths, request: complete, config, program: hubProgram(program.isMain()) });
}

/** Returns what variables of the environment ask for, as far as flags can say it. */
function fromVariables(entries: readonly ConfigEntry[]): HubRequest {
  const request: Record<string, string | boolean> = {};
  for (const { key, value, source } of entries) {
    if (source.kind !== "variable" || key === "daemon.socket") continue;
    if (key === "listen" && value === "") request["no-web"] = true;
    else if (key === "listen" || key === "name") request[key] = String(value);
    else printMessage(`the service does not get ${source.name}: set ${key} in hub.toml`);
  }
  return request;
}
