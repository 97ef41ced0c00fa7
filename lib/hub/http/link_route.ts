/**
 * The WebSocket over which hosts dial this hub, each with its own key.
 *
 * @module
 */

import { SignInThrottle } from "../access/throttle.ts";
import type { Caller } from "../caller.ts";
import { LinkSocket } from "../links/link_socket.ts";
import type { HttpPlace, OperationContext } from "../operation.ts";
import { CLOSE } from "./close_codes.ts";
import type { Visit } from "./gate.ts";
import type { HeaderList } from "./headers.ts";
import type { LiveConnections } from "./live_connections.ts";
import { problemResponse } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { queryOf } from "./request_params.ts";
import { upgrade } from "./upgrade.ts";

/** The header with the key. A browser cannot send it with a WebSocket. */
const KEY_HEADER = "x-api-key";

/** Where it is. */
export const linkPlace: HttpPlace = { method: "GET", path: "/ws/daemon" };

/** Options of {@linkcode LinkRoute}. */
export interface LinkRouteOptions {
  /** The connections that stay open. */
  readonly live: LiveConnections;
  /** What operations work with. */
  readonly operations: Pick<OperationContext, "hosts" | "clock" | "log">;
}

/** See the module comment. */
export class LinkRoute {
  readonly #options: LinkRouteOptions;
  /** Hosts whose key was revoked go on to dial: they do not keep people from signing in. */
  readonly #throttle: SignInThrottle;

  /** @param options What decides. */
  constructor(options: LinkRouteOptions) {
    this.#options = options;
    this.#throttle = new SignInThrottle(options.operations.clock);
  }

  /** Takes a host's connection. */
  open(raw: Request, visit: Visit): Response {
    const { live, operations: { hosts, clock, log } } = this.#options;
    const found = this.#admit(raw, visit);
    if ("status" in found) return problemResponse(found, visit.scheme === "https");
    // The request cannot be read any more once it is a WebSocket.
    const key = raw.headers.get(KEY_HEADER) ?? "";
    const upgraded = live.refuse() ?? upgrade(raw);
    if ("status" in upgraded) return problemResponse(upgraded, visit.scheme === "https");
    const { socket, response } = upgraded;
    const { name, line } = found;
    const link = new LinkSocket(socket, { clock, onNotice: (text) => log.info(`[hosts] ${name} says: ${text}`) });
    const caller: Caller = { who: name, way: "host key", isViewer: true, address: visit.address };
    live.add({
      closed: link.closed.then(() => {}),
      goAway: () => link.close(CLOSE.goingAway, "the hub stops"),
      revoke: () => link.close(CLOSE.policy, "the key was revoked"),
    }, caller);
    const isKeyValid = () => hosts.lineOfKey(key)?.line === line;
    socket.addEventListener("open", () => line.attach(link, visit.address, isKeyValid), { once: true });
    return response;
  }

  /** Finds the host whose key a request has. A wrong one is an attempt; a right one is too long to be guessed. */
  #admit(raw: Request, { address }: Visit): ReturnType<OperationContext["hosts"]["lineOfKey"]> & object | Problem {
    const { hosts, log } = this.#options.operations;
    if (raw.headers.has("origin")) return { status: 403, detail: "pages of browsers may not be hosts of this hub" };
    const key = raw.headers.get(KEY_HEADER);
    if (key === null) {
      return { status: 401, detail: "the header X-API-Key is missing: claustrum host key create NAME makes a key" };
    }
    const found = hosts.lineOfKey(key);
    if ([...queryOf(raw)].length > 0) return { status: 422, detail: "this address takes no parameters" };
    if (found !== undefined) return found;
    const decision = this.#throttle.check(address);
    if (!decision.isAllowed) {
      const headers: HeaderList = [["retry-after", `${decision.retryAfterSeconds}`]];
      return { status: 429, detail: "too many wrong keys from this address: try again later", headers };
    }
    log.info(`a connection from ${address} with a wrong key was refused`);
    return {
      status: 401,
      detail: "the key is wrong, or was revoked: claustrum host key create NAME makes another one",
    };
  }
}
