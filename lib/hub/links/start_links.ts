/**
 * Loads what dials other hubs, in a hub whose configuration names one.
 *
 * @module
 */

import { importLate } from "../../system/import_late.ts";
import type { Links, LinksOptions } from "./links.ts";

/** Dials from now on. Returns `undefined` if there is no hub to dial. */
export async function startLinks(options: LinksOptions): Promise<Links | undefined> {
  if (options.links.length === 0) return undefined;
  const { Links } = await importLate<typeof import("./links.ts")>(import.meta.resolve("./links.ts"));
  return new Links(options);
}
