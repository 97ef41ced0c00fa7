/**
 * What a check of the hub and its surroundings finds.
 *
 * @module
 */

import type { DoctorCheck } from "../operation_types.ts";

/** All is well. */
export function ok(name: string, message: string): DoctorCheck {
  return { name, status: "ok", message };
}

/** Something is not as it should be, and the hub works all the same. */
export function warning(name: string, message: string, advice?: string): DoctorCheck {
  return { name, status: "warning", message, ...(advice === undefined ? {} : { advice }) };
}

/** Something does not work. */
export function failure(name: string, message: string, advice?: string): DoctorCheck {
  return { name, status: "error", message, ...(advice === undefined ? {} : { advice }) };
}
