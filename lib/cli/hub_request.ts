/**
 * What a start of the hub asks for, on the command line and from the launcher to the hub.
 *
 * @module
 */

import { type ResolvedConfig, resolveHubConfig } from "../hub/config.ts";
import { daemonPaths } from "../system/paths.ts";
import type { FlagSpecs, FlagValues } from "./command.ts";
import { notTogether } from "./usage_error.ts";

/** The variable with the path that the hub may bind its socket to before it publishes the socket. */
export const HUB_STAGING_MARKER = "CLAUSTRUM_HUB_STAGING_SOCKET";

/** Flags that choose a hub. */
export const HUB_PLACE_FLAGS = {
  "state-dir": { kind: "string", value: "DIR", help: "the hub's directory (default ~/.local/state/claustrum)" },
  "config": { kind: "string", value: "FILE", help: "the configuration (default ~/.config/claustrum/hub.toml)" },
} as const satisfies FlagSpecs;

/** Flags of a start. */
export const HUB_START_FLAGS = {
  ...HUB_PLACE_FLAGS,
  "daemon-socket": { kind: "string", value: "PATH", help: "the socket of the daemon that runs the agents" },
  "name": { kind: "string", value: "NAME", help: "the name of this hub (default: the host name)" },
  "listen": { kind: "string", value: "ADDRESS:PORT", help: "the web address (default 127.0.0.1:7621)" },
  "no-web": { kind: "boolean", help: "have no web address" },
  "foreground": { kind: "boolean", help: "stay in the foreground (systemd, containers, debugging)" },
} as const satisfies FlagSpecs;

/** What a start asks for. */
export type HubRequest = Partial<Omit<FlagValues<typeof HUB_START_FLAGS>, "foreground">>;

/**
 * Reads the configuration that a start asks for.
 *
 * @throws {ConfigError} If it is wrong.
 * @throws {UsageError} If flags contradict each other.
 */
export function resolveRequest(request: HubRequest): Promise<ResolvedConfig> {
  const socket = request["daemon-socket"];
  if (request["no-web"] && request.listen !== undefined) {
    throw notTogether("--listen", "--no-web");
  }
  const options = {
    "daemon.socket": socket && daemonPaths(socket).socket,
    name: request.name,
    listen: request["no-web"] ? "" : request.listen,
  };
  return resolveHubConfig({ file: request.config, options });
}

/** Returns the arguments with which a hub is started in the foreground as the request asks. */
export function hubArguments(request: HubRequest): string[] {
  const given = Object.entries(request).filter(([name, value]) => Object.hasOwn(HUB_START_FLAGS, name) && value);
  const flags = given.map(([name, value]) => value === true ? `--${name}` : `--${name}=${value}`);
  return ["hub", "start", "--foreground", ...flags];
}
