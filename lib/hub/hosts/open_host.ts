/**
 * A host that the hub shows, and how it is described to people.
 *
 * @module
 */

import type { Host, HostInstall, LineState } from "../../hosts/types.ts";
import type { Session } from "../../sessions/types.ts";
import type { HostRow } from "../../store/store.ts";
import type { Logger } from "../../system/log.ts";
import type { HostLine } from "./host_line.ts";
import type { HostMirror } from "./host_mirror.ts";

/** How many sessions of a host are remembered for the time in which it is away. */
const MAX_REMEMBERED = 500;

/** What was seen of a host, as it is stored. */
export interface Seen {
  /** The version of its claustrum. */
  readonly version?: string;
  /** Its sessions. */
  readonly sessions: readonly Session[];
}

/** A host that the hub shows. */
export interface OpenHost extends AsyncDisposable {
  /** What is stored of it. */
  readonly row: HostRow;
  /** The way to it. */
  readonly line: HostLine;
  /** What is known of it. */
  readonly mirror: HostMirror;
  /** What was known before this hub has reached it. */
  readonly seen: Seen;
  /** Whether it is shown because NATS tells of it, and was added by nobody. */
  readonly isFound: boolean;
}

/** Describes a host, with the installation that runs there or has failed. */
export function describe({ row, line, mirror, seen }: OpenHost, install: HostInstall | undefined): Host {
  const { status, ...problem } = line.state;
  const isBare = problem.problem === "not_installed";
  const version = mirror.version ?? line.seen?.version ?? seen.version;
  const contactAt = mirror.contactAt ?? line.seen?.at ?? row.seenAt;
  return {
    name: row.name,
    line: line.kind,
    ...(row.address === undefined ? {} : { address: row.address }),
    // A line whose hub does not answer yet shows nothing.
    state: status === "up" && !mirror.isUp ? "connecting" : status,
    ...problem,
    ...(isBare ? { reason: `${problem.reason}: claustrum host install ${row.name}` } : {}),
    ...(version === undefined ? {} : { version }),
    ...(contactAt === undefined ? {} : { last_contact: new Date(contactAt).toISOString() }),
    sessions: mirror.sessions.length,
    waiting: mirror.permissions.length,
    ...(line.hasKey === undefined ? {} : { has_key: line.hasKey }),
    ...(install === undefined ? {} : { install }),
  };
}

/** Returns what is stored of a host for the time in which it is away. */
export function seenText({ version, sessions }: Pick<HostMirror, "version" | "sessions">): string {
  const seen: Seen = { ...(version === undefined ? {} : { version }), sessions: sessions.slice(0, MAX_REMEMBERED) };
  return JSON.stringify(seen);
}

/** Reads what was stored of a host. */
export function readSeen(text: string | undefined): Seen {
  return text === undefined ? { sessions: [] } : JSON.parse(text);
}

/** Returns what notes how it goes with the line to a host; what was said last is not said again. */
export function stateLogger(log: Logger, { name, address }: HostRow): (state: LineState) => void {
  let said = "";
  return ({ status, reason, via }) => {
    if (status === "connecting") return log.debug(`[hosts] ${name}: connecting`);
    const text = status === "up" ? `up${via === "bridge" ? ", over the bridge" : ""}` : `${status}: ${reason}`;
    if (text === said) return;
    said = text;
    if (status === "up") log.info(`[hosts] ${name}: ${text}`);
    else log.warn(`[hosts] ${name}${address === undefined ? "" : ` (${address})`}: ${text}`);
  };
}
