/**
 * The line to a host over NATS, as the hub uses lines.
 *
 * @module
 */

import type { EventQuery } from "../../sessions/sessions.ts";
import type { SessionEvent } from "../../sessions/types.ts";
import type { LineState } from "../../hosts/types.ts";
import type { HubConnection } from "../connect_hub.ts";
import { acceptsNoKey, type HostLine } from "../hosts/host_line.ts";
import type { OnNotification } from "../hub_line.ts";
import { HubUnreachableError } from "../hub_errors.ts";

/** What lines need of NATS. */
export interface LineSource {
  /** How it goes with a host. */
  stateOf(host: string): LineState;
  /** When a host was last heard of, and its version. */
  seenOf(host: string): { readonly version: string; readonly at: number } | undefined;
  /** Opens a line. */
  open(host: string, onNotification: OnNotification): HubConnection;
  /** Returns the events of a session that the stream has. */
  pastEvents(host: string, session: string, query: EventQuery): Promise<readonly SessionEvent[]>;
  /** Calls a listener when it goes otherwise with a host, until the result is disposed of. */
  onState(host: string, listener: (state: LineState) => void): Disposable;
  /** Tries again now. */
  hurry(host: string): void;
}

/**
 * Returns the line to a host.
 *
 * @param host Its name in NATS.
 * @param onState Called when it goes otherwise.
 */
export function natsHostLine(
  source: LineSource,
  host: string,
  onState: (state: LineState) => void,
): HostLine {
  const listening = source.onState(host, onState);
  return {
    kind: "nats",
    get state() {
      return source.stateOf(host);
    },
    get seen() {
      return source.seenOf(host);
    },
    dial: (onNotification = () => {}) => {
      const { status, reason } = source.stateOf(host);
      if (status !== "up") return Promise.reject(new HubUnreachableError(reason ?? "NATS is not connected yet"));
      return Promise.resolve(source.open(host, onNotification));
    },
    pastEvents: (session, query) => source.pastEvents(host, session, query),
    retry: () => source.hurry(host),
    acceptKey: acceptsNoKey,
    [Symbol.asyncDispose]: () => {
      listening[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
