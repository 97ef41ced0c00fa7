/**
 * Which operations go to another hub, and how.
 *
 * @module
 */

import { RequestError } from "../../system/request_error.ts";
import { FAILURE_CODES } from "../failure_codes.ts";
import { HubCallError, HubUnreachableError } from "../hub_errors.ts";
import { type HubFailureKind, OperationError } from "../operation_error.ts";

/** The parameter that names a host. */
const HOST_PARAM = "host";
/** What each hub decides for itself, so that nobody gets more rights there than the line has. */
const OWN = /^(?:auth|audit|config|daemon|doctor|hosts|push|sign_ins|tokens)\./;

/** The longest sentence of another hub that is passed on, in characters. */
const MAX_MESSAGE = 4_000;

/** A request, apart from the host that it names. */
export interface Addressed {
  /** The host; `undefined` if none is named. */
  readonly host: string | undefined;
  /** The other parameters. */
  readonly params: unknown;
}

/** Takes the host out of parameters. */
export function takeHost(params: unknown): Addressed {
  if (typeof params !== "object" || params === null || !Object.hasOwn(params, HOST_PARAM)) {
    return { host: undefined, params };
  }
  const { [HOST_PARAM]: host, ...rest } = params as Record<string, unknown>;
  if (typeof host !== "string" || host === "") {
    throw new RequestError("bad_params", `"${HOST_PARAM}": must be the name of a host`);
  }
  return { host, params: rest };
}

/** Whether an operation may run on another hub. */
export function isForwardable(operation: string): boolean {
  return !OWN.test(operation);
}

const KINDS: ReadonlyMap<number, HubFailureKind> = new Map(
  Object.entries(FAILURE_CODES).map(([kind, { rpc }]) => [rpc, kind as HubFailureKind]),
);

/**
 * Runs work on another hub, whose failures become those of this one.
 *
 * @throws {OperationError} If the other hub refuses, or cannot be reached.
 */
export async function forwarded<T>(host: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HubCallError) {
      const kind = KINDS.get(error.code) ?? "internal";
      // That hub, and not the caller, is not signed in: its token has changed in this moment.
      const message = error.message.slice(0, MAX_MESSAGE);
      throw new OperationError(kind === "unauthenticated" ? "unavailable" : kind, `${host}: ${message}`);
    }
    if (error instanceof HubUnreachableError) throw new OperationError("unavailable", error.message);
    throw error;
  }
}
