/**
 * Failures as HTTP tells them: `application/problem+json` of RFC 9457.
 *
 * @module
 */

import { METHOD_NOT_FOUND } from "../../rpc/errors.ts";
import { FAILURE_CODES } from "../failure_codes.ts";
import { dataHeaders, type HeaderList } from "./headers.ts";

/** The texts of the statuses that occur. */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** The code on the wire of each status. Those that only HTTP has count as the failure that is nearest. */
const CODES: ReadonlyMap<number, number> = new Map([
  ...Object.values(FAILURE_CODES).map(({ rpc, http }) => [http, rpc] as const),
  ...[400, 408, 415, 426].map((status) => [status, FAILURE_CODES.bad_params.rpc] as const),
  [405, METHOD_NOT_FOUND],
  [421, FAILURE_CODES.refused.rpc],
]);

/** A failure for a client of HTTP. */
export interface Problem {
  /** The status of the response. */
  readonly status: number;
  /** A sentence for the user. */
  readonly detail: string;
  /** Further headers. */
  readonly headers?: HeaderList;
}

/** Returns the response that tells a client about a failure. */
export function problemResponse({ status, detail, headers = [] }: Problem, isSecure = false): Response {
  const title = TITLES[status] ?? "Error";
  const code = CODES.get(status) ?? FAILURE_CODES.internal.rpc;
  const body = JSON.stringify({ status, title, detail, code });
  return new Response(body, { status, headers: dataHeaders(isSecure, "application/problem+json", headers) });
}
