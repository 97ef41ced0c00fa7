/**
 * The operations that read and search events.
 *
 * @module
 */

import * as v from "valibot";
import type { EventQuery } from "../../sessions/sessions.ts";
import type { SessionEvent } from "../../sessions/types.ts";
import { pageOf } from "../event_size.ts";
import { operation } from "../operation.ts";
import type { OperationParams } from "../operation_types.ts";
import { count, event, eventPart, foundEvent, limit, position, sessionName, text } from "../schemas.ts";
import { oneSession } from "./shared.ts";

/** How many events a list has by default. */
const DEFAULT_LIMIT = 500;
/** The longest part of an event's JSON that is returned at once, in characters, of up to three bytes each. */
const MAX_PART = 2 << 20;

/** The operations that read and search events. */
export const eventOperations = [
  operation({
    name: "session.events",
    summary: "list events of a session, the oldest first",
    isChange: false,
    http: { method: "GET", path: "/api/sessions/:id/events", pathParams: oneSession },
    params: v.strictObject({
      ...sessionName,
      limit: v.optional(limit),
      offset: v.optional(count),
      after: v.optional(count),
      before: v.optional(count),
      types: v.optional(v.string()),
    }),
    result: v.array(event),
    run: ({ sessions }, { session_name, ...params }) => {
      const query = queryOf(params);
      return pageBefore(sessions.events(session_name, query), query);
    },
    async whileAway({ hosts }, host, { session_name, ...params }) {
      const query = queryOf(params);
      const events = await (await hosts.open()).pastEvents(host, session_name, query);
      return events && pageBefore(events, query);
    },
  }),
  operation({
    name: "session.event",
    summary: "show an event, or a part of its payload's JSON",
    isChange: false,
    http: { method: "GET", path: "/api/events/:id", pathParams: { id: "event_id" } },
    params: v.strictObject({ event_id: count, offset: v.optional(count), length: v.optional(position) }),
    result: v.union([eventPart, event]),
    run: ({ sessions }, { event_id, offset, length }) => {
      const found = sessions.event(event_id);
      return offset === undefined && length === undefined ? found : partOf(found, offset ?? 0, length ?? MAX_PART);
    },
  }),
  operation({
    name: "events.search",
    summary: "search what people and agents said, the newest first, or with rank the best",
    isChange: false,
    http: { method: "GET", path: "/api/search" },
    params: v.strictObject({ query: text, limit: v.optional(limit), rank: v.optional(v.boolean()) }),
    result: v.array(foundEvent),
    run: ({ sessions }, { query, limit, rank }) =>
      rank ? sessions.searchBest(query, limit).then(pageOf) : pageOf(sessions.search(query, limit)),
  }),
];

function queryOf(
  { limit = DEFAULT_LIMIT, offset, after, before, types }: Omit<OperationParams<"session.events">, "session_name">,
): EventQuery {
  const wanted = types === undefined || types === "" ? undefined : types.split(",").map((type) => type.trim());
  return { limit, offset, after, before, types: wanted };
}

/** Of the newest events before one, the ones next to it are kept. */
function pageBefore(events: readonly SessionEvent[], { before }: EventQuery): SessionEvent[] {
  return before === undefined ? pageOf(events) : pageOf(events.toReversed()).reverse();
}

function partOf({ payload }: SessionEvent, offset: number, length: number): { text: string; total: number } {
  const whole = JSON.stringify(payload) ?? "null";
  return { text: whole.slice(offset, offset + Math.min(length, MAX_PART)), total: whole.length };
}
