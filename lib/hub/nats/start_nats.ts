/**
 * Loads NATS in a hub whose configuration names one. A hub without one loads nothing of it.
 *
 * @module
 */

import { importLate } from "../../system/import_late.ts";
import type { Nats, NatsOptions } from "./nats.ts";
import type { NatsConfig } from "./nats_config.ts";

/** Loads what NATS needs, which takes a moment and some memory. The result connects when it is started. */
export async function loadNats(config: NatsConfig, options: Omit<NatsOptions, "config">): Promise<Nats> {
  const { Nats } = await importLate<typeof import("./nats.ts")>(import.meta.resolve("./nats.ts"));
  return new Nats({ ...options, config });
}
