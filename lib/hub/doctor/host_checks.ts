/**
 * Checks of the other machines that the hub shows.
 *
 * @module
 */

import type { Host } from "../../hosts/types.ts";
import type { DoctorCheck } from "../operation_types.ts";
import { failure, ok, warning } from "./finding.ts";

/**
 * Tells how it goes with each host that is not up.
 *
 * @param hosts The hosts; `undefined` if no hub runs.
 */
export function checkHosts(hosts: readonly Host[] | undefined): DoctorCheck[] {
  if (hosts === undefined || hosts.length === 0) return [];
  const up = hosts.filter(({ state }) => state === "up" || state === "connecting");
  const problems = hosts.filter((host) => !up.includes(host)).map(problemOf);
  return [...(up.length === 0 ? [] : [ok("hosts", `${up.length} of ${hosts.length} are up`)]), ...problems];
}

function problemOf({ name, address, state, reason }: Host): DoctorCheck {
  const where = address === undefined ? "" : ` (${address})`;
  const text = `${state}${where}${reason === undefined ? "" : `: ${reason}`}`;
  // What is refused waits for a person; the rest is tried again.
  if (state !== "refused") return warning(`host ${name}`, text, `claustrum host status ${name} follows it`);
  return failure(`host ${name}`, text, `then claustrum host retry ${name}`);
}
