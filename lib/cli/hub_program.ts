/**
 * The program that the launcher starts as the hub.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { isPermissionMissing } from "../system/permissions.ts";

/** In a checkout: the lock of what the program needs. With the lock of all, the runtime fetches all of it. */
const START_LOCK = new URL("../../.ci/start.lock", import.meta.url);
/** Imports less than the command line does, so the hub occupies less memory. */
const HUB_ENTRY = new URL("./hub_main.ts", import.meta.url).href;

/** The program that runs as the hub. An executable starts itself instead. */
export interface HubProgram {
  /** The address of its main module. */
  readonly module: string;
  /** Whether the runtime looks for a `deno.json`, which says where the modules of others are. */
  readonly needsConfig: boolean;
  /** The path of the lock that the runtime uses; that beside `deno.json` if absent. */
  readonly lock?: string;
  /** Where its modules are: all in one file, here and in packages of npm, or anywhere. */
  readonly modules: "one file" | "npm" | "anywhere";
}

/**
 * Returns the program that runs the hub in the background.
 *
 * @param isMain Whether claustrum is the program that runs, and not a library of another program.
 */
export function hubProgram(isMain: boolean): HubProgram {
  const main = Deno.mainModule;
  // A bundle consists of a single file, and a module that was loaded from a URL may not be in the runtime's cache.
  const hasEntryFile = isMain && main !== import.meta.url && main.startsWith("file:");
  if (hasEntryFile) return { module: HUB_ENTRY, needsConfig: true, modules: "npm", ...startLock() };
  const isBundle = isMain && main.startsWith("file:");
  return { module: main, needsConfig: !isMain, modules: isBundle ? "one file" : "anywhere" };
}

function startLock(): { readonly lock?: string } {
  try {
    return START_LOCK.protocol === "file:" && Deno.statSync(START_LOCK).isFile
      ? { lock: fileURLToPath(START_LOCK) }
      : {};
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isPermissionMissing(error)) return {};
    throw error;
  }
}
