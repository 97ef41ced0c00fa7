import { daemonSocketOf } from "../../../hub/config.ts";
import type { ConfigEntry } from "../../../hub/config_entry.ts";
import { defineCommand, type RunningProgram } from "../../command.ts";
import { checkSockets, hubCommandLine } from "../../hub_command_line.ts";
import { hubPathsOf } from "../../hub_connection.ts";
import { hubProgram } from "../../hub_program.ts";
import { HUB_START_FLAGS, type HubRequest, resolveRequest } from "../../hub_request.ts";
import { hubServiceUnit } from "../../hub_service_unit.ts";
import { printError } from "../../print.ts";
import { printOrWriteUnit, serviceKind } from "../../service_file.ts";

const { foreground: _foreground, ...START_FLAGS } = HUB_START_FLAGS;

export default defineCommand({
  usage: "hub service systemd|launchd [--write] [--listen ADDRESS:PORT | --no-web] [--state-dir DIR] " +
    "[--config FILE] [--daemon-socket PATH] [--name NAME]",
  about: `Prints a service definition with which systemd or launchd keeps the hub running for
this user, with only the permissions that it needs. With --write it is installed instead.
The daemon has a definition of its own: claustrum service.`,
  flags: { ...START_FLAGS, write: { kind: "boolean", help: "install the service and print how to start it" } },
  exitCodes: "0 success, 1 not written, or the configuration is wrong, 2 wrong arguments",
  examples: ["claustrum hub service systemd", "claustrum hub service systemd --write"],
  arity: { least: 1, most: 1 },
  async run({ flags: { write, ...request }, args: [name] }, program) {
    const kind = serviceKind(name);
    const paths = hubPathsOf(request);
    const command = await commandOf(request, program);
    const home = Deno.env.get("HOME") ?? "";
    await printOrWriteUnit(hubServiceUnit(kind, { command, directory: paths.directory, home }), write);
    return 0;
  },
});

/** The service starts without the variables of this shell, so that what it needs of them stands in the command. */
async function commandOf(request: HubRequest, program: RunningProgram): Promise<string[]> {
  const { config, warnings, file, entries } = await resolveRequest(request);
  for (const warning of warnings) printError(`claustrum: ${warning}`);
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
    else printError(`claustrum: the service does not get ${source.name}: set ${key} in hub.toml`);
  }
  return request;
}
