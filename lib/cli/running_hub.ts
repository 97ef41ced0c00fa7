/**
 * Reaching a hub that runs.
 *
 * @module
 */

import { DialError } from "../client/dial.ts";
import { connectHub } from "../hub/connect_hub.ts";
import type { HubClient } from "../hub/hub_client.ts";
import { HubUnreachableError } from "../hub/hub_errors.ts";
import type { HubPaths } from "../hub/hub_paths.ts";
import { readHubToken } from "../hub/hub_token.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";

/** No hub runs, or the hub cannot be reached. */
export class NoHubError extends ClaustrumError {}

/**
 * Connects to a hub.
 *
 * @returns `undefined` if none runs.
 * @throws {NoHubError} If the hub cannot be reached.
 */
export async function tryConnect(
  { socket, token: path }: HubPaths,
  signal?: AbortSignal,
): Promise<HubClient | undefined> {
  const token = await readHubToken(path);
  if (token === undefined) return undefined;
  try {
    return await connectHub({ socket, token, signal });
  } catch (error) {
    if (!(error instanceof HubUnreachableError)) throw error;
    if (error.cause instanceof DialError && error.cause.isAbsent) return undefined;
    throw new NoHubError(error.message, { cause: error });
  }
}

/**
 * Connects to a hub that has just been found or started.
 *
 * @param pid The id of its process.
 * @throws {NoHubError} If it does not answer.
 */
export async function connectStarted(paths: HubPaths, pid: number | undefined): Promise<HubClient> {
  const client = await tryConnect(paths);
  if (client === undefined) throw new NoHubError(`the hub (pid ${pid}) does not answer on ${paths.socket}`);
  return client;
}
