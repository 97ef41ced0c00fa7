/**
 * Messages that hubs send each other over NATS beside the events, in as many parts as they need.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { PART_HEADER, partHeader, splitParts } from "./parts.ts";

const DECODER = new TextDecoder();

/** Sends a message. */
export function sendMessage(
  connection: NatsConnection,
  subject: string,
  text: string,
  { key, reply }: {
    /** Names the message among those that are sent to the same place. */
    readonly key: string;
    /** Where answers go. @default {nowhere} */
    readonly reply?: string;
  },
): void {
  const parts = splitParts(Buffer.from(text));
  for (const [index, part] of parts.entries()) {
    const fields = parts.length === 1 ? undefined : headers();
    fields?.set(PART_HEADER, partHeader(key, index, parts.length));
    connection.publish(subject, part, {
      ...(fields === undefined ? {} : { headers: fields }),
      ...(reply === undefined ? {} : { reply }),
    });
  }
}

/** Reads JSON; `undefined` if it is none. */
export function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(DECODER.decode(data));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
