/**
 * The addresses of the host from which a project is cloned, looked up where git runs and checked.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { CommandLimitError, RpcCallError } from "../client/errors.ts";
import { runCommand } from "../client/run_command.ts";
import type { AddressJudge } from "./clone_addresses.ts";
import { CloneError } from "./clone_error.ts";
import type { CloneSource } from "./clone_url.ts";
import { parseIp } from "./ip_address.ts";

/** How long a lookup may take, in milliseconds. */
const LOOKUP_MS = 15_000;
/** How much a lookup may print, in bytes. */
const LOOKUP_BYTES = 64 << 10;

/** Returns the addresses of a host, the best one first; none if there is no such host. */
export type HostResolver = (host: string, client: Client) => Promise<readonly string[]>;

/**
 * Looks a host up in the daemon.
 *
 * @throws {CloneError} If the lookup fails.
 */
export async function resolveHost(host: string, client: Client): Promise<readonly string[]> {
  try {
    const { stdout } = await runCommand(client, {
      command: "getent",
      args: ["ahosts", host],
      timeoutMs: LOOKUP_MS,
      maxBytes: LOOKUP_BYTES,
    });
    const lines = new TextDecoder().decode(stdout).split("\n");
    return [...new Set(lines.map((line) => line.split(/\s/)[0] ?? "").filter((address) => address !== ""))];
  } catch (error) {
    if (!(error instanceof RpcCallError) && !(error instanceof CommandLimitError)) throw error;
    throw new CloneError("unavailable", `cannot look up ${host}: ${error.message}`, { cause: error });
  }
}

/**
 * Returns the addresses that git may connect to.
 *
 * @throws {CloneError} If the host has none, or one that is not allowed.
 */
export async function checkedAddresses(
  { host }: Pick<CloneSource, "host">,
  { client, resolve, judge }: { readonly client: Client; readonly resolve: HostResolver; readonly judge: AddressJudge },
): Promise<readonly string[]> {
  const addresses = parseIp(host) === undefined ? await resolve(host, client) : [host];
  if (addresses.length === 0) throw new CloneError("bad_params", `${host} has no address: is the name right?`);
  for (const address of addresses) {
    const problem = judge(address);
    if (problem === undefined) continue;
    const what = address === host ? host : `${host} is at ${address.slice(0, 60)}, which`;
    throw new CloneError(
      "refused",
      `${what} is ${problem}: a project is cloned from public addresses only` +
        (problem.includes("private") ? "; clone.allowed_cidrs and clone.allow_private_hosts allow others" : ""),
    );
  }
  return addresses;
}
