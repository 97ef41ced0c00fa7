/**
 * The statement that reads a page of events.
 *
 * @module
 */

import type { SqlValue } from "./database.ts";
import type { PageOptions } from "./event_types.ts";

/** With more sessions than this, a page is read through all events. */
const MAX_ARMS = 100;

/** What a page has of each event: the columns of the events `e` and of their sessions `s`. */
export const COLUMNS = "e.id, s.id AS session, e.seq, e.at, e.type, e.subtype, e.uuid, e.payload";

/** The tables that {@linkcode COLUMNS} are taken from. */
export const FROM_EVENTS = "FROM events e CROSS JOIN sessions s ON s.key = e.session";

/** A statement, or a part of one. */
export interface Select {
  /** Its text. */
  readonly sql: string;
  /** What its parameters stand for. */
  readonly values: readonly SqlValue[];
}

/** Returns the statement of a page; `undefined` if the page is empty in any case. */
export function pageSelect(options: PageOptions, find: (session: string) => number | undefined): Select | undefined {
  const { after = 0, before, offset = 0, limit, types } = options;
  if (types?.length === 0) return undefined;
  const keys = keysOf(options, find);
  if (keys?.length === 0) return undefined;
  const arms = keys === undefined || keys.length > MAX_ARMS ? [everyArm(keys)] : keys.map(oneArm);
  const typeFilter = types === undefined ? "" : ` AND type IN (${types.map(() => "?").join(", ")})`;
  const [endFilter, order] = before === undefined ? ["", ""] : [" AND id < ?", " DESC"];
  // Each arm gives its ids in order; SQLite merges them and stops at the limit.
  const ids = arms.map(({ sql }) => `SELECT id FROM events ${sql}${typeFilter}${endFilter}`).join(" UNION ALL ");
  const end = before === undefined ? [] : [before];
  const values = arms.flatMap((arm) => [after, ...arm.values, ...types ?? [], ...end]);
  return {
    sql: `SELECT ${COLUMNS} FROM (${ids} ORDER BY id${order} LIMIT ? OFFSET ?) p
      CROSS JOIN events e ON e.id = p.id CROSS JOIN sessions s ON s.key = e.session ORDER BY p.id${order}`,
    values: [...values, limit, offset],
  };
}

function keysOf({ session, sessions }: PageOptions, find: (id: string) => number | undefined): number[] | undefined {
  if (session === undefined && sessions === undefined) return undefined;
  const ids = session === undefined
    ? sessions ?? []
    : sessions === undefined || sessions.includes(session)
    ? [session]
    : [];
  return [...new Set(ids)].map(find).filter((key) => key !== undefined).sort((a, b) => a - b);
}

function oneArm(key: number): Select {
  return { sql: "INDEXED BY events_of_session WHERE id > ? AND session = ?", values: [key] };
}

function everyArm(keys: readonly number[] | undefined): Select {
  if (keys === undefined) return { sql: "NOT INDEXED WHERE id > ?", values: [] };
  // A list as JSON is one parameter, however long it is.
  const filter = "session IN (SELECT value FROM json_each(?))";
  return { sql: `NOT INDEXED WHERE id > ? AND ${filter}`, values: [JSON.stringify(keys)] };
}
