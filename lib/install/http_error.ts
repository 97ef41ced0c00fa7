/**
 * The contract's texts of failed downloads. They never contain the URL, which may be signed.
 *
 * @module
 */

/** Maps the messages of the HTTP client to the contract's texts; the first match counts. `$1` is the captured text. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/dns error|ENOTFOUND|EAI_AGAIN/, "dial tcp: lookup $host: no such host"],
  [/connect error: ([^()]+?) *\(os error/, "dial tcp $address: connect: $1"],
  [/connect ECONNREFUSED/, "dial tcp $address: connect: connection refused"],
  [/connect ETIMEDOUT/, "dial tcp $address: connect: connection timed out"],
  [/connect ENETUNREACH/, "dial tcp $address: connect: network is unreachable"],
  [/invalid peer certificate: (.+)/, "tls: failed to verify certificate: $1"],
  [/invalid HTTP|invalid content-length|head is too large|Parse Error|HPE_/i, "malformed HTTP response"],
  [
    /closed before message|reading a body|end of file|unexpected (?:EOF|end)|reset by peer|ECONNRESET|socket hang up|aborted/i,
    "unexpected EOF",
  ],
];

/** Returns the reason, which follows `download failed: `. */
export function connectionErrorText(error: unknown, { hostname, port, protocol }: URL): string {
  const said = messagesOf(error);
  for (const [pattern, text] of TEXTS) {
    const found = pattern.exec(said);
    if (found === null) continue;
    const address = `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
    return text.replace("$host", hostname).replace("$address", address).replace("$1", lowerFirst(found[1] ?? ""));
  }
  return withoutAddresses(said);
}

/** Returns the messages of an error and its causes. */
function messagesOf(error: unknown): string {
  if (error instanceof AggregateError) return messagesOf(error.errors.at(-1));
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messagesOf(error.cause)}`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** Removes the local and the remote address, which the runtime puts before the reason. */
function withoutAddresses(text: string): string {
  return text.replace(/^.*client error \([A-Za-z]+\): /s, "").replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s)]+/gi, "<url>");
}
