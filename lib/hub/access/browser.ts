import type { Scheme } from "./allowed_hosts.ts";

/** A browser, or another program, that asks over HTTP. */
export interface Browser {
  /** Its network address. */
  readonly address: string;
  /** What it calls itself. */
  readonly agent: string;
  /** The scheme that it used, to the hub or to a trusted proxy. */
  readonly scheme: Scheme;
  /** Gives it a cookie with the response. */
  setCookie(text: string): void;
}
