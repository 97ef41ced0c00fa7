/**
 * What somebody fills in to add a host.
 *
 * @module
 */

import type { AddHostParams, Host } from "../../hosts/types.ts";

const SCHEME = "ssh://";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Returns the address that is meant: people write `box`, `me@box` or `me@box:2222` as for `ssh`. */
export function hostAddress(text: string): string {
  const meant = text.trim();
  return meant === "" || meant.includes("://") ? meant : SCHEME + meant;
}

/** Returns the name that a host gets if none is filled in; empty if the address has none that could be one. */
export function hostNameOf(text: string): string {
  const [, host = ""] = /^(?:[^@/]*@)?(\[[^\]]*\]|[^:/]*)/.exec(text.trim().replace(/^ssh:\/\//, "")) ?? [];
  return NAME.test(host) ? host : "";
}

/** Returns what is wrong with a name; `undefined` if nothing is. */
export function hostNameProblem(name: string, hosts: readonly Pick<Host, "name">[]): string | undefined {
  if (name === "") return undefined;
  if (!NAME.test(name)) {
    return "A name begins with a letter or a digit, and has letters, digits, dots, dashes and underscores.";
  }
  return hosts.some((host) => host.name === name) ? `There is a host ${name} already.` : undefined;
}

/** Returns the parameters of the operation; `undefined` if something is missing. */
export function addHostParams(address: string, name: string): AddHostParams | undefined {
  const meant = { name: name.trim() || hostNameOf(address), address: hostAddress(address) };
  return meant.name === "" || meant.address === "" ? undefined : meant;
}

/** How a host that is added is to be reached: from here, or it dials this hub. */
export type AddedLine = "ssh" | "link";

/** Returns the names of the ssh configuration that are not hosts yet. */
export function newSuggestions(names: readonly string[], hosts: readonly Host[]): readonly string[] {
  const known = new Set(hosts.map(({ address = "" }) => address.replace(/^ssh:\/\/(?:[^@/]*@)?/, "")));
  return names.filter((name) => !known.has(name));
}
