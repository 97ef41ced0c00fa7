/**
 * The checks of the hub, by the hub itself or, if none runs, without one.
 *
 * @module
 */

import { ConfigError, daemonSocketOf, type ResolvedConfig } from "../hub/config.ts";
import type { HubPaths } from "../hub/hub_paths.ts";
import type { DoctorCheck } from "../hub/operation_types.ts";
import { importLate } from "../system/import_late.ts";
import { tryConnect } from "./hub_connection.ts";
import { resolveRequest } from "./hub_request.ts";

/** What is checked. */
export interface HubCheckOptions {
  /** The files of the hub. */
  readonly paths: HubPaths;
  /** The configuration. @default {the user's} */
  readonly config?: string | undefined;
  /** The socket of the daemon, where no hub runs. @default {that of the configuration} */
  readonly daemonSocket?: string | undefined;
}

/** What was found. */
export interface HubChecks {
  /** Whether a hub runs, which has made the checks. */
  readonly isRunning: boolean;
  /** The findings. */
  readonly checks: readonly DoctorCheck[];
}

/**
 * Checks the hub and what it needs.
 *
 * @throws {NoHubError} If a hub runs and cannot be reached.
 */
export async function checkHub(options: HubCheckOptions): Promise<HubChecks> {
  await using client = await tryConnect(options.paths);
  if (client === undefined) return { isRunning: false, checks: await examineHere(options) };
  return { isRunning: true, checks: await client.call("doctor.get", {}) };
}

/** What can be checked without a hub. */
async function examineHere({ paths, config: file, daemonSocket }: HubCheckOptions): Promise<readonly DoctorCheck[]> {
  const { examine } = await importLate<typeof import("../hub/doctor/examine.ts")>(
    import.meta.resolve("../hub/doctor/examine.ts"),
  );
  const resolved = await tryResolve(file);
  if ("error" in resolved) return [{ name: "configuration", status: "error", message: resolved.error }];
  const { config, file: path, warnings } = resolved;
  return await examine({
    paths,
    config,
    file: path,
    warnings,
    daemonSocket: daemonSocket ?? daemonSocketOf(config),
    running: undefined,
    home: Deno.env.get("HOME"),
  });
}

async function tryResolve(file: string | undefined): Promise<ResolvedConfig | { readonly error: string }> {
  try {
    return await resolveRequest({ config: file });
  } catch (error) {
    if (error instanceof ConfigError) return { error: error.message };
    throw error;
  }
}
