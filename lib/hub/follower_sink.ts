/**
 * Where the messages of a follower go, whatever the connection.
 *
 * @module
 */

import type { FollowMessage } from "./hub_client.ts";

/** Where the messages of a follower go. */
export interface FollowerSink {
  /** How much output is unread, in bytes. */
  readonly backlog: number;
  /** Settles when more has been read, or nothing will be read any more. */
  readonly progress: Promise<void>;
  /**
   * Sends a message.
   *
   * @param cursor The id of the last event that the follower has got with it, or does not want.
   * @param host The host that it is from, which counts its own events. @default {the hub itself}
   */
  send(type: FeedMessageType, json: string, cursor: number, host?: string): void;
  /** Tells the follower that it reads too slowly, and closes. */
  cutOff(): void;
  /** Closes, because the past cannot be read. */
  fail(error: unknown): void;
}

/** The types of messages. */
export type FeedMessageType = FollowMessage["type"];
