/**
 * The gate of the hub's web address: under which name a request comes, from where, and who asks.
 *
 * @module
 */

import type { Access } from "../access/access.ts";
import { isInRanges } from "../access/addresses.ts";
import { hostOfRequest, isOwnHost, isOwnOrigin, type OwnHosts, type Scheme } from "../access/allowed_hosts.ts";
import { signInIdOf } from "../access/cookies.ts";
import { proxiedUser } from "../access/proxy.ts";
import type { Caller } from "../caller.ts";
import type { AuthConfig } from "../hub_config.ts";
import type { Clock } from "../../system/clock.ts";
import type { Problem } from "./problem.ts";

/** The header with the key that only our page knows. */
const PAGE_KEY_HEADER = "x-claustrum-page";
/** The most bytes of a browser's name that are kept. */
const MAX_AGENT = 200;

/** A request, as the gate sees it. */
export interface Visit {
  /** The address of the other end of the connection. */
  readonly peer: string;
  /** The address of the client, which a trusted proxy may tell. */
  readonly address: string;
  /** The scheme that the client used. */
  readonly scheme: Scheme;
  /** The host that the client named. */
  readonly host: string | undefined;
  /** What the client calls itself. */
  readonly agent: string;
}

/** Somebody who may come in. */
export interface Admission {
  /** Who it is. */
  readonly caller: Caller;
  /** Whether a browser adds by itself what identifies them, so that any site could make it send a request. */
  readonly isAmbient: boolean;
  /** Checks the key of our page, if they have to prove that they are our page and have not done so. */
  readonly isPageKey?: (key: string) => boolean;
  /** A cookie that replaces theirs. */
  readonly cookie?: string | undefined;
}

/** Somebody who has said who they are, which may not suffice. */
interface Identity extends Omit<Admission, "cookie"> {
  /** Makes their sign-in last longer, and returns a cookie that replaces theirs. */
  readonly renew?: () => string | undefined;
}

/** Options of {@linkcode Gate}. */
export interface GateOptions {
  /** Who may do what. */
  readonly access: Access;
  /** How to sign in. */
  readonly auth: AuthConfig;
  /** Under which names the hub is reached. */
  readonly own: OwnHosts;
  /** Whether the hub itself serves https. */
  readonly isTls: boolean;
  /** The source of time. */
  readonly clock: Clock;
}

const UNAUTHENTICATED: Problem = {
  status: 401,
  detail: "sign in: with Authorization: Bearer TOKEN (claustrum hub token prints it), or with a browser",
  headers: [["www-authenticate", 'Bearer realm="claustrum"']],
};

/** The gate. */
export class Gate {
  readonly #options: GateOptions;
  /** The last host that was found to be the hub's: most requests name the same one. */
  #known: Pick<Visit, "host" | "scheme"> | undefined;

  /** @param options What decides. */
  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Looks at where a request comes from. */
  visit(request: Request, peer: string): Visit {
    const { headers } = request;
    const isProxied = this.#isTrustedProxy(peer);
    const isSecure = this.#options.isTls || isProxied && headers.get("x-forwarded-proto") === "https";
    return {
      peer,
      address: isProxied ? forwardedAddress(headers, peer) : peer,
      scheme: isSecure ? "https" : "http",
      host: hostOfRequest(request),
      agent: (headers.get("user-agent") ?? "").slice(0, MAX_AGENT),
    };
  }

  /** Returns why a request is refused whoever asks; `undefined` if it is not. */
  refuse(visit: Visit): Problem | undefined {
    const { host, scheme } = visit;
    if (host !== undefined && host === this.#known?.host && scheme === this.#known.scheme) return undefined;
    if (!isOwnHost(host, scheme, this.#options.own)) {
      const shown = JSON.stringify(host ?? "");
      return { status: 421, detail: `the host ${shown} is none of this hub's: add it to auth.allowed_hosts` };
    }
    this.#known = { host, scheme };
    return undefined;
  }

  /** Returns why a request is refused that comes without having signed in, such as a sign-in. */
  refuseOrigin(request: Request, visit: Visit): Problem | undefined {
    const origin = request.headers.get("origin");
    return origin === null || this.#isOwn(origin, visit) ? undefined : foreign(origin);
  }

  /**
   * Finds out who asks.
   *
   * @param isChange Whether they want to change something.
   */
  admit(request: Request, visit: Visit, isChange: boolean): Admission | Problem {
    const identity = this.#identify(request, visit);
    if ("status" in identity || !identity.isAmbient) return identity;
    const problem = this.#checkOrigin(request, visit, identity, isChange);
    if (problem !== undefined) return problem;
    const { caller, isAmbient, isPageKey, renew } = identity;
    const isProven = isPageKey === undefined || isPageKey(request.headers.get(PAGE_KEY_HEADER) ?? "");
    if (isProven) return { caller, isAmbient, cookie: renew?.() };
    return { ...UNAUTHENTICATED, detail: `the cookie counts with the header ${PAGE_KEY_HEADER} only: sign in again` };
  }

  /** Finds out who wants to open a WebSocket; the key of our page comes in its first message. */
  admitSocket(request: Request, visit: Visit, queryToken: string | null): Admission | Problem {
    const identity = queryToken === null
      ? this.#identify(request, visit)
      : this.#ofToken(queryToken, visit) ?? UNAUTHENTICATED;
    if ("status" in identity || !identity.isAmbient) return identity;
    const problem = this.#checkOrigin(request, visit, identity, true);
    if (problem !== undefined) return problem;
    const { caller, isAmbient, isPageKey, renew } = identity;
    if (isPageKey === undefined) return { caller, isAmbient, cookie: renew?.() };
    const prove = (key: string) => {
      const isProven = isPageKey(key);
      if (isProven) renew?.();
      return isProven;
    };
    return { caller, isAmbient, isPageKey: prove };
  }

  /** Finds out who asks, whatever page asks in their name. */
  #identify(request: Request, visit: Visit): Identity | Problem {
    const { access, auth, clock } = this.#options;
    const { headers } = request;
    const authorization = headers.get("authorization");
    if (authorization !== null && !this.#isForProxy(authorization, visit)) {
      const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
      return (token === undefined ? undefined : this.#ofToken(token, visit)) ?? UNAUTHENTICATED;
    }
    const { address, scheme, peer } = visit;
    if (auth.isDisabled) return { caller: { who: "nobody", way: "nobody", isViewer: false, address }, isAmbient: true };
    if (auth.proxy !== undefined) {
      const path = pathOf(request.url);
      const proxied = proxiedUser({ peer, method: request.method, path, headers }, auth.proxy, clock.now());
      if (proxied.kind === "refused") {
        return { ...UNAUTHENTICATED, detail: `the proxy is not trusted: ${proxied.reason}` };
      }
      if (proxied.kind === "user") {
        return { caller: { who: proxied.user, way: "proxy", isViewer: false, address }, isAmbient: true };
      }
    }
    const cookie = signInIdOf(headers.get("cookie"), scheme);
    const found = cookie === undefined ? undefined : access.callerOfCookie(cookie, visit);
    return found === undefined ? UNAUTHENTICATED : { ...found, isAmbient: true };
  }

  /** Whether a trusted proxy has asked for the header itself, such as for a password, and passes it on. */
  #isForProxy(authorization: string, { peer }: Visit): boolean {
    return this.#isTrustedProxy(peer) && !/^Bearer(?: |$)/i.test(authorization);
  }

  #isTrustedProxy(peer: string): boolean {
    const { proxy } = this.#options.auth;
    return proxy !== undefined && isInRanges(peer, proxy.trustedIps);
  }

  #ofToken(token: string, { address }: Visit): Identity | undefined {
    const caller = this.#options.access.callerOfToken(token, address);
    return caller && { caller, isAmbient: false };
  }

  #checkOrigin(request: Request, visit: Visit, { caller }: Identity, isChange: boolean): Problem | undefined {
    const origin = request.headers.get("origin");
    if (origin !== null) return this.#isOwn(origin, visit) ? undefined : foreign(origin);
    // A browser tells the origin of everything that could change something. Without sign-in, programs need not.
    if (!isChange || caller.way === "nobody") return undefined;
    return { status: 403, detail: "a change needs the header Origin, or a token in Authorization" };
  }

  #isOwn(origin: string, { host, scheme }: Visit): boolean {
    return isOwnOrigin(origin, host, scheme, this.#options.own);
  }
}

function foreign(origin: string): Problem {
  return { status: 403, detail: `pages of ${JSON.stringify(origin)} may not talk to this hub` };
}

/** An IPv4 address or an IPv6 address in brackets, and the port that some proxies add to it. */
const WITH_PORT = /^(?:\[(.*)\]|([\d.]+))(?::\d+)?$/;

/** The nearest address that a trusted proxy tells; what stands further left may be made up. */
function forwardedAddress(headers: Headers, peer: string): string {
  const last = headers.get("x-forwarded-for")?.split(",").at(-1)?.trim();
  if (last === undefined || last === "") return peer;
  const [, ipv6, ipv4] = WITH_PORT.exec(last) ?? [];
  return (ipv6 ?? ipv4 ?? last).slice(0, 64);
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}
