/**
 * The configuration of a NATS server with which each hub may do what it needs and nothing else: publish its own subjects,
 * answer what it is asked, and, if it reads, ask the others and read what they publish.
 *
 * @module
 */

import {
  ALL_ANSWERS,
  ALL_LIVE,
  ALL_RPC,
  ALL_STATES,
  bucketOf,
  encodeName,
  inboxPrefix,
  ownSubjects,
  rpcSubject,
} from "./subjects.ts";

/** Which hubs there are. */
export interface NatsPermissionOptions {
  /** The public nkey of each hub; `undefined` where a hub has none. */
  readonly keys: ReadonlyMap<string, string | undefined>;
  /** The names of the hubs that show the others. */
  readonly readers: ReadonlySet<string>;
  /** The name of the stream. */
  readonly stream: string;
}

/** Returns the part `authorization` of the server's configuration. */
export function natsPermissions({ keys, readers, stream }: NatsPermissionOptions): string {
  const hubs = [...keys].sort(([a], [b]) => a < b ? -1 : 1);
  const users = hubs.map(([name, key]) =>
    key === undefined
      ? `    # ${inComment(name)} has no nkey: set nats.nkey_file in its hub.toml, and print this again.\n`
      : user({ name, key, isReader: readers.has(name), stream })
  );
  return [
    "# A part of the configuration of nats-server: claustrum host nats-permissions",
    "authorization {",
    "  users = [",
    users.join("").trimEnd(),
    "  ]",
    "}",
    "",
  ].join("\n");
}

function user(
  { name, key, isReader, stream }: {
    readonly name: string;
    readonly key: string;
    readonly isReader: boolean;
    readonly stream: string;
  },
): string {
  const bucket = `KV_${bucketOf(stream)}`;
  const publish = [
    ...ownSubjects(name),
    // Not whatever a request names as the place of its answer: who asks itself could publish anything. Nobody else knows
    // where in an inbox an answer is waited for.
    ALL_ANSWERS,
    `$KV.${bucketOf(stream)}.${encodeName(name)}`,
    "$JS.API.INFO",
    ...[stream, bucket].map((each) => `$JS.API.STREAM.INFO.${each}`),
    ...(isReader ? [ALL_RPC, ...readingOf(stream), ...readingOf(bucket), "$JS.FC.>"] : []),
  ];
  const subscribe = [
    rpcSubject(name),
    `${inboxPrefix(name)}.>`,
    ...(isReader ? [ALL_STATES, ALL_LIVE] : []),
  ];
  return `    { # ${inComment(name)}${isReader ? ", which shows the others" : ""}
      nkey: ${key}
      permissions: {
        publish: { allow: ${list(publish)} }
        subscribe: { allow: ${list(subscribe)} }
      }
    }
`;
}

/** What making and reading a stream takes. */
function readingOf(stream: string): string[] {
  return [
    // Who makes a stream decides what it takes in, and under which subjects the server publishes that again.
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    // No direct get: its answer is a message as somebody has published it, under any subject that the request names.
    `$JS.API.STREAM.MSG.GET.${stream}`,
  ];
}

function list(subjects: readonly string[]): string {
  return `[\n${subjects.map((subject) => `          "${subject}"`).join("\n")}\n        ]`;
}

/** Names are people's choice: one with a line break must not become configuration. */
function inComment(name: string): string {
  return JSON.stringify(name);
}
