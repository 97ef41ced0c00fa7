/**
 * Why a download failed, in the contract's words: never with the address, which may be signed.
 *
 * @module
 */

import { errnoText } from "../system/errno.ts";

/** What the runtime says of a connection that failed. */
interface ConnectionFailure {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** The reason, as it stands behind `download failed: `. */
export function connectionErrorText(error: unknown): string {
  const { code, syscall, address, port, hostname } = failureOf(error);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || syscall === "getaddrinfo") {
    return `dial tcp: lookup ${hostname ?? "host"}: no such host`;
  }
  if (syscall === "connect" && address !== undefined) {
    const host = address.includes(":") ? `[${address}]` : address;
    return `dial tcp ${host}:${port}: connect: ${errnoText(error)}`;
  }
  if (code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE") return "unexpected EOF";
  if (code?.startsWith("HPE_")) return "malformed HTTP response";
  return withoutAddresses(errnoText(error));
}

/** Several addresses may have been tried: the last failure tells as much as any. */
function failureOf(error: unknown): ConnectionFailure {
  const last = error instanceof AggregateError ? error.errors.at(-1) : error;
  return typeof last === "object" && last !== null ? last : {};
}

function withoutAddresses(text: string): string {
  return text.replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, "<url>");
}
