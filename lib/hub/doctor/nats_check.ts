/**
 * The check of the NATS that connects many machines.
 *
 * @module
 */

import type { DoctorCheck } from "../operation_types.ts";
import { ok, warning } from "./finding.ts";

/** How it goes with NATS in a hub that runs. */
export interface NatsFacts {
  /** A sentence if something needs a person; `undefined` if all is well. */
  readonly problem: string | undefined;
}

/**
 * Tells how it goes with NATS.
 *
 * @param nats How it goes; `undefined` if none is configured, or no hub runs.
 */
export function checkNats(nats: NatsFacts | undefined): DoctorCheck | undefined {
  if (nats === undefined) return undefined;
  return nats.problem === undefined ? ok("nats", "connected") : warning("nats", nats.problem);
}
