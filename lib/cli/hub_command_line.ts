/**
 * The command that runs the hub in a process of its own, with only the permissions that it needs.
 *
 * @module
 */

import type { HubConfig } from "../hub/hub_config.ts";
import { hostSockets, type HubPaths } from "../hub/hub_paths.ts";
import { socketPathProblem } from "../system/paths.ts";
import { ServeError } from "../system/serve_error.ts";
import { absolutePath } from "./absolute_path.ts";
import { hubFlags } from "./hub_flags.ts";
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
  const sockets = [
    ...[paths.socket, request["daemon-socket"], ...(stagingPath === undefined ? [] : [stagingPath])],
    // Permissions cannot be added to a program that runs: those for hosts that are added later are given in advance.
    ...hostSockets(paths),
  ];
  const absolute = { ...request, ...(request.config && { config: absolutePath(request.config) }) };
  const args = hubArguments({ ...absolute, "state-dir": paths.directory });
  if (Deno.build.standalone) return [Deno.execPath(), ...args];
  return [Deno.execPath(), "run", ...hubFlags(program, { sockets, config }), program.module, ...args];
}
