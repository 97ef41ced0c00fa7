/**
 * Which links of an agent's text are followed, and where they really lead.
 *
 * @module
 */

const PROTOCOLS: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/** Returns the address of a link that may be followed; `undefined` for any other. */
export function safeLink(href: string): string | undefined {
  if (!/^(?:https?:\/\/|mailto:)/i.test(href.trim())) return undefined;
  const url = URL.parse(href.trim());
  return url !== null && PROTOCOLS.has(url.protocol) ? url.href : undefined;
}

/** Returns the host to which a link leads if its text names another one; `undefined` otherwise. */
export function hiddenHost(href: string, text: string): string | undefined {
  const url = URL.parse(href);
  if (url === null || url.protocol === "mailto:") return undefined;
  const named = /^\s*(?:https?:\/\/)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?::\d+)?(?:[/?#]|\s*$)/iu.exec(text)
    ?.[1];
  if (named === undefined) return undefined;
  const hostOf = (host: string) => URL.parse(`http://${host}`)?.host.replace(/^www\./, "");
  return hostOf(named) === url.hostname.replace(/^www\./, "") ? undefined : url.host;
}
