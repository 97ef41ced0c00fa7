/**
 * The addresses from which the page runs programs beside its own: the browser refuses every address that did not pass here.
 *
 * @module
 */

/** A policy of Trusted Types. */
interface Policy {
  createScriptURL(address: string): string;
}

/** What is used of Trusted Types: the types of the page lack them. */
interface TrustedTypes {
  createPolicy(name: string, rules: Policy): Policy;
}

/** Matches the programs, below the path of the hub. */
const PROGRAM = /^\/(?:service_worker\.js|assets\/highlight\.js\?v=[0-9a-f]+)$/;

/** The policy; a page may make one of this name. */
let policy: Policy | undefined;

/**
 * Passes the address of a program of the page.
 *
 * @throws {TypeError} If it is another one.
 */
export function trustedScript(address: string): string {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return checked(address);
  policy ??= trustedTypes.createPolicy("claustrum", { createScriptURL: checked });
  return policy.createScriptURL(address);
}

function checked(address: string): string {
  const base = document.documentElement.dataset["base"] ?? "";
  if (address.startsWith(base) && PROGRAM.test(address.slice(base.length))) return address;
  throw new TypeError(`${address} is not the address of a program of the page`);
}
