/**
 * Why a download failed, in the contract's words: never with the address, which may be signed.
 *
 * @module
 */

/** What the client says, and what is said of it; the first that fits. `$1` is what was found. */
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

/** The reason, as it stands behind `download failed: `. */
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

/** What an error and those that caused it say. */
function messagesOf(error: unknown): string {
  if (error instanceof AggregateError) return messagesOf(error.errors.at(-1));
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messagesOf(error.cause)}`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** The runtime names addresses, ours and the server's, before it comes to the reason. */
function withoutAddresses(text: string): string {
  return text.replace(/^.*client error \([A-Za-z]+\): /s, "").replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s)]+/gi, "<url>");
}
