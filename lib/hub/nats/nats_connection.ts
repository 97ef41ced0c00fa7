/**
 * What one connection to NATS offers to those who follow other hubs.
 *
 * @module
 */

import type { SessionEvent } from "../../sessions/types.ts";
import type { RpcRequest } from "./rpc_types.ts";
import type { EventReading } from "./event_reader.ts";

/** What one may hear of a host. */
export interface HostListener {
  /** Called with each event; the payload is whole. */
  event?(event: SessionEvent): void;
  /** Called with what is not kept. */
  live(envelope: unknown): void;
  /** Called when events are read from now on, those before it possibly not. */
  reading(): void;
  /** Called when the host has told its state. */
  state(lastEvent: number): void;
}

/** One connection, until it is lost. */
export interface NatsReach {
  /** Asks a host; see `RpcClient`. */
  call(host: string, request: RpcRequest, signal?: AbortSignal): Promise<unknown>;
  /** Listens to a host, until the result is disposed of. */
  listen(host: string, listener: HostListener): Disposable;
  /** Reads the events of one session that come. */
  readSession(host: string, session: string, take: (event: SessionEvent) => void): Promise<EventReading>;
}
