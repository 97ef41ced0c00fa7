/**
 * Who asks the hub for something.
 *
 * @module
 */

/** How somebody is known to the hub. */
export type SignInWay =
  | "socket"
  | "token"
  | "api token"
  | "password"
  | "link"
  | "proxy"
  | "nobody"
  | "nats"
  | "hub"
  | "host key";

/** Who asks. */
export interface Caller {
  /** A name for the audit and for others who are told about it. */
  readonly who: string;
  /** How they are known. */
  readonly way: SignInWay;
  /** Whether they may only look. */
  readonly isViewer: boolean;
  /** The network address from which they ask; absent on the hub's own socket. */
  readonly address?: string;
  /** The id of their sign-in, if they have a cookie. */
  readonly signIn?: string;
  /** The id of their API token, if they have one. */
  readonly token?: string;
  /** Whether it is another hub, which shows what this one has itself, and no more. @default {false} */
  readonly isHub?: boolean;
}

/** Returns another hub as the one who asks. */
export function hubCaller(name: string, address?: string): Caller {
  return { who: name, way: "hub", isViewer: false, isHub: true, ...(address === undefined ? {} : { address }) };
}

/** Who asks on the hub's own socket: the user, for nobody else can reach it. */
export const SOCKET_CALLER: Caller = { who: "command line", way: "socket", isViewer: false };
