/**
 * Says why a web address cannot be used.
 *
 * @module
 */

import { errnoText } from "../../system/errno.ts";
import { ServeError } from "../../system/serve_error.ts";
import { addressText, type ListenAddress } from "../access/addresses.ts";

/** Returns the error for the user, from what the runtime says when it cannot listen. */
export function toListenError(error: unknown, listen: ListenAddress): ServeError {
  const address = addressText(listen);
  const text = error instanceof Deno.errors.AddrInUse
    ? `another program uses ${address}: choose another port with --listen, or none with --no-web`
    : `cannot listen on ${address}: ${errnoText(error)}`;
  return new ServeError(text, { cause: error });
}
