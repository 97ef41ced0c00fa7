/**
 * The stream of the events and the bucket of the hosts' states, which the first hub makes.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import {
  DiscardPolicy,
  jetstream,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { ALL_EVENTS, bucketOf } from "./subjects.ts";
import { NatsError } from "./open_nats.ts";

/** How much the stream keeps, in bytes. */
const MAX_BYTES = 10 * 1024 ** 3;
/** How long it keeps an event, and how long the state of a host that is gone is kept, in milliseconds. */
const MAX_AGE_MS = 7 * 86_400_000;
/** The largest message, in bytes. */
const MAX_MESSAGE_BYTES = 256 << 10;
/** How long the server knows the ids of messages, in milliseconds. */
const DUPLICATE_MS = 120_000;
const NANOSECONDS = 1_000_000;
/** The servers of a cluster that keep each event. */
const CLUSTER_REPLICAS = 3;
/** How long a request to the server may take, in milliseconds: a cluster without a leader answers none. */
const REQUEST_MS = 3_000;

/** The stream and the bucket. */
export interface NatsStorage {
  /** Tells the stream from an earlier one of its name. */
  readonly key: string;
  /** The states of the hosts. */
  readonly bucket: KV;
}

/**
 * Makes the stream and the bucket unless they are there.
 *
 * @throws {NatsError} If a stream of that name is for something else.
 * @throws What the client of NATS throws.
 */
export async function ensureStorage(connection: NatsConnection, stream: string): Promise<NatsStorage> {
  const manager = await jetstreamManager(connection, { timeout: REQUEST_MS, checkAPI: false });
  const info = await findStream(manager, stream) ?? await makeStream(connection, manager, stream);
  const { subjects } = info.config;
  if (!subjects.includes(ALL_EVENTS)) {
    throw new NatsError(
      `the stream ${stream} is for ${subjects.join(", ")} and not for ${ALL_EVENTS}: name another one in nats.stream`,
    );
  }
  const replicas = info.config.num_replicas;
  const kvm = new Kvm(jetstream(connection, { timeout: REQUEST_MS }));
  const bucketName = bucketOf(stream);
  const hasBucket = await findStream(manager, `KV_${bucketName}`) !== undefined;
  const bucket = hasBucket
    ? await kvm.open(bucketName, { bindOnly: true })
    : await kvm.create(bucketName, { history: 1, ttl: MAX_AGE_MS, replicas, allow_direct: false });
  return { key: `${stream} ${info.created}`, bucket };
}

async function findStream(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    // 404: no such stream.
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  }
}

async function makeStream({ info }: NatsConnection, manager: JetStreamManager, name: string): Promise<StreamInfo> {
  return await manager.streams.add({
    name,
    subjects: [ALL_EVENTS],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_bytes: MAX_BYTES,
    max_age: MAX_AGE_MS * NANOSECONDS,
    max_msg_size: MAX_MESSAGE_BYTES,
    duplicate_window: DUPLICATE_MS * NANOSECONDS,
    num_replicas: info?.cluster === undefined ? 1 : CLUSTER_REPLICAS,
  });
}
