/**
 * Connects a command to the hub.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { FlagSpecs, RunningProgram } from "./command.ts";

/** The flags of every command that talks to a hub. */
export const HUB_FLAGS = {
  "state-dir": { kind: "string", value: "DIR", help: "the directory of the hub (default ~/.local/state/claustrum)" },
  "config": { kind: "string", value: "FILE", help: "the configuration file of the hub" },
  "no-start": { kind: "boolean", help: "fail if no hub is running" },
} as const satisfies FlagSpecs;

/** No hub is running, and none was started. */
export class NoHubError extends ClaustrumError {}

/**
 * Connects to the hub, and starts one if none is running.
 *
 * @param signal Stops the attempt.
 * @throws {NoHubError} If no hub is running and none was started.
 */
export function connectToHub(
  _flags: { "state-dir"?: string; config?: string; "no-start"?: boolean },
  _program: RunningProgram,
  _signal?: AbortSignal,
): Promise<HubClient> {
  return Promise.reject(new NoHubError("no hub is running: start one with claustrum hub start"));
}
