/**
 * The routes whose connections stay open: live events over WebSockets and as server-sent events, and terminals.
 *
 * @module
 */

import * as v from "valibot";
import type { FollowRequest, LiveFeed } from "../live_feed.ts";
import { checkParams, type HttpPlace, type OperationContext } from "../operation.ts";
import { OperationError } from "../operation_error.ts";
import { count } from "../schemas.ts";
import { eventStream } from "./event_stream.ts";
import type { Gate, Visit } from "./gate.ts";
import { cookieHeaders, dataHeaders } from "./headers.ts";
import type { LiveConnections } from "./live_connections.ts";
import { serveLiveSocket } from "./live_socket.ts";
import { type Problem, problemResponse } from "./problem.ts";
import { paramReader, queryOf } from "./request_params.ts";
import { serveTerminalSocket } from "./terminal_socket.ts";
import { upgrade } from "./upgrade.ts";

/** Options of {@linkcode LiveRoutes}. */
export interface LiveRoutesOptions {
  /** Who may come in. */
  readonly gate: Gate;
  /** What happens. */
  readonly feed: LiveFeed;
  /** The connections that stay open. */
  readonly live: LiveConnections;
  /** What operations work with. */
  readonly operations: Pick<OperationContext, "sessions" | "clock" | "log">;
}

/** Where server-sent events are. */
export const eventsPlace: HttpPlace = { method: "GET", path: "/api/events" };
/** Where the WebSocket with live events is. */
export const dashboardPlace: HttpPlace = { method: "GET", path: "/ws/dashboard" };
const eventsQuery = v.strictObject({
  after: v.optional(count),
  sessions: v.optional(v.string()),
  watch: v.optional(v.string()),
});
const dashboardQuery = v.strictObject({ token: v.optional(v.string()) });
const readEvents = paramReader(eventsPlace, eventsQuery);
const readDashboard = paramReader(dashboardPlace, dashboardQuery);

/** Opens connections that stay open. */
export class LiveRoutes {
  readonly #options: LiveRoutesOptions;

  /** @param options What decides, and what is shown. */
  constructor(options: LiveRoutesOptions) {
    this.#options = options;
  }

  /** Sends live events as server-sent events. */
  events(raw: Request, visit: Visit): Response {
    const { gate, feed, live, operations: { clock, log } } = this.#options;
    const admission = gate.admit(raw, visit, false);
    if ("status" in admission) return problem(admission, visit);
    const full = live.refuse();
    if (full !== undefined) return problem(full, visit);
    const params = readEvents({}, queryOf(raw), undefined);
    checkParams(eventsQuery, params);
    const request = followRequest(params as v.InferOutput<typeof eventsQuery>, raw.headers.get("last-event-id"));
    const stream = eventStream({ feed, request, caller: admission.caller, clock, log });
    live.add({ closed: stream.closed, goAway: () => stream.end(), revoke: () => stream.end() }, admission.caller);
    const headers = dataHeaders(visit.scheme === "https", "text/event-stream", cookieHeaders(admission.cookie));
    return new Response(stream.body, { headers });
  }

  /** Opens a WebSocket with live events. */
  dashboard(raw: Request, visit: Visit): Response {
    const { gate, feed, live, operations: { clock, log } } = this.#options;
    const query = queryOf(raw);
    const token = query.get("token");
    const admission = gate.admitSocket(raw, visit, token);
    if ("status" in admission) return problem(admission, visit);
    checkParams(dashboardQuery, readDashboard({}, query, undefined));
    const upgraded = live.refuse() ?? upgrade(raw);
    if ("status" in upgraded) return problem(upgraded, visit);
    const { socket, response } = upgraded;
    const { caller, isPageKey, cookie } = admission;
    for (const [name, value] of cookieHeaders(cookie)) response.headers.append(name, value);
    const options = { feed, caller, isPageKey, followsInSilence: token !== null, clock, log };
    live.add(serveLiveSocket(socket, options), caller);
    return response;
  }

  /**
   * Opens a WebSocket to a terminal.
   *
   * @param session The id or the name of the session.
   */
  terminal(raw: Request, visit: Visit, session: string): Response {
    const { gate, live, operations: { sessions, clock, log } } = this.#options;
    const admission = gate.admitSocket(raw, visit, null);
    if ("status" in admission) return problem(admission, visit);
    const upgraded = live.refuse() ?? upgrade(raw);
    if ("status" in upgraded) return problem(upgraded, visit);
    const { socket, response } = upgraded;
    const { caller, isPageKey, cookie } = admission;
    for (const [name, value] of cookieHeaders(cookie)) response.headers.append(name, value);
    const options = { sessions, session, isReadOnly: caller.isViewer, isPageKey, clock, log };
    live.add(serveTerminalSocket(socket, options), caller);
    return response;
  }
}

function problem(problem: Problem, { scheme }: Visit): Response {
  return problemResponse(problem, scheme === "https");
}

function followRequest(
  { after, sessions, watch }: v.InferOutput<typeof eventsQuery>,
  lastEventId: string | null,
): FollowRequest {
  return {
    after: positionOf(lastEventId) ?? after,
    sessions: namesIn("sessions", sessions),
    watch: namesIn("watch", watch),
  };
}

const positions = v.union([count, v.record(v.string(), count)]);

/** Reads how far a client has got that comes back: a number, or one for each host; `undefined` if it says neither. */
function positionOf(text: string | null): FollowRequest["after"] {
  if (text === null || !/^(?:\d{1,15}$|\{)/.test(text)) return undefined;
  try {
    const parsed = v.safeParse(positions, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function namesIn(parameter: string, text: string | undefined): string[] | undefined {
  if (text === undefined || text === "") return undefined;
  const names = text.split(",");
  if (names.includes("")) throw new OperationError("bad_params", `${JSON.stringify(parameter)} has an empty name`);
  return names;
}
