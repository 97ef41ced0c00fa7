/**
 * The command that runs the hub in a process of its own, with only the permissions that it needs.
 *
 * @module
 */

import type { HubConfig } from "../hub/hub_config.ts";
import type { HubPaths } from "../hub/hub_paths.ts";
import { networkAddresses } from "../hub/network_addresses.ts";
import { socketPathProblem } from "../system/paths.ts";
import { ServeError } from "../system/serve_error.ts";
import { absolutePath } from "./absolute_path.ts";
import type { HubProgram } from "./hub_program.ts";
import { hubArguments, type HubRequest } from "./hub_request.ts";

/** What determines the command. */
export interface HubCommandLineOptions {
  /** The files of the hub. */
  readonly paths: HubPaths;
  /** What the start asks for. */
  readonly request: HubRequest & { readonly "daemon-socket": string };
  /** The configuration that this leads to. */
  readonly config: HubConfig;
  /** The program that runs as the hub. */
  readonly program: HubProgram;
  /** A path that the hub may bind its socket to before it publishes the socket. */
  readonly stagingPath?: string | undefined;
}

/**
 * Checks that a hub can be given permission for its sockets.
 *
 * @throws {ServeError} If it cannot.
 */
export function checkSockets({ socket }: HubPaths, daemonSocket: string): void {
  // The runtime separates the entries of its permission lists with commas.
  for (const path of [socket, daemonSocket]) {
    if (path.includes(",")) throw new ServeError(`a socket's path must not contain a comma: ${path}`);
  }
  const problem = socketPathProblem(daemonSocket);
  if (problem !== undefined) throw new ServeError(problem.replace("--socket", "--daemon-socket"));
}

/** Returns the command. An executable has its permissions built in. */
export function hubCommandLine({ paths, request, config, program, stagingPath }: HubCommandLineOptions): string[] {
  const sockets = [paths.socket, request["daemon-socket"], ...(stagingPath === undefined ? [] : [stagingPath])];
  const addresses = [...sockets.map((path) => `unix:${path}`), ...networkAddresses(config)];
  const absolute = { ...request, ...(request.config && { config: absolutePath(request.config) }) };
  return [...withPermissions(addresses, program), ...hubArguments({ ...absolute, "state-dir": paths.directory })];
}

function withPermissions(addresses: readonly string[], { module, needsConfig }: HubProgram): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  return [
    // The cache of compiled code saves 10 ms of a start and costs 1.7 MB for as long as the hub runs.
    ...[Deno.execPath(), "run", "--no-prompt", "--quiet", "--no-code-cache"],
    ...(needsConfig ? [] : ["--no-config"]),
    ...["--allow-read", "--allow-write", "--allow-env", "--allow-sys=hostname,uid"],
    `--allow-net=${addresses.join(",")}`,
    module,
  ];
}
