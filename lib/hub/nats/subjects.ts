/**
 * The subjects of NATS under which hubs publish, ask and answer. Names of people's choice are encoded, so that no `.`, `*`
 * or `>` of theirs has a meaning there.
 *
 * @module
 */

const ROOT = "claustrum";
const INBOX = "_INBOX_CLAUSTRUM";
const PLAIN = /[A-Za-z0-9_-]/;
const ALL_PLAIN = /^[A-Za-z0-9_-]+$/;

/** The subject of all events of all hosts. */
export const ALL_EVENTS = `${ROOT}.*.event.*`;
/** The subject of the states of all hosts. */
export const ALL_STATES = `${ROOT}.*.state`;
/** The subject of what happens in all sessions of all hosts and is not kept. */
export const ALL_LIVE = `${ROOT}.*.live.*`;
/** The subject of the requests to all hosts. */
export const ALL_RPC = `${ROOT}.*.rpc`;
/** The subject of the answers to all requests. */
export const ALL_ANSWERS = `${INBOX}.*.rpc.*`;

/** Encodes a name as one part of a subject. Different names become different parts. */
export function encodeName(name: string): string {
  if (ALL_PLAIN.test(name)) return name;
  let text = "";
  for (const character of name) {
    if (PLAIN.test(character)) text += character;
    else for (const byte of new TextEncoder().encode(character)) text += `=${byte.toString(16).padStart(2, "0")}`;
  }
  return text === "" ? "=" : text;
}

/** Decodes a part of a subject; `undefined` if it is none that {@linkcode encodeName} returns. */
export function decodeName(text: string): string | undefined {
  try {
    const name = text === "=" ? "" : decodeURIComponent(text.replaceAll("=", "%"));
    return encodeName(name) === text ? name : undefined;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Returns the subject of the events of a session. */
export function eventSubject(host: string, session: string): string {
  return `${ROOT}.${encodeName(host)}.event.${encodeName(session)}`;
}

/** Returns the subject of what happens in a session and is not kept. */
export function liveSubject(host: string, session: string): string {
  return `${ROOT}.${encodeName(host)}.live.${encodeName(session)}`;
}

/** Returns the subject of the state of a host. */
export function stateSubject(host: string): string {
  return `${ROOT}.${encodeName(host)}.state`;
}

/** Returns the subject of the requests to a host. */
export function rpcSubject(host: string): string {
  return `${ROOT}.${encodeName(host)}.rpc`;
}

/** Returns the subject of all that a host publishes. */
export function ownSubjects(host: string): string[] {
  const start = `${ROOT}.${encodeName(host)}`;
  return [`${start}.event.*`, `${start}.live.*`, `${start}.state`];
}

/** Returns how the subjects begin under which a host gets its answers. */
export function inboxPrefix(host: string): string {
  return `${INBOX}.${encodeName(host)}`;
}

/** Returns the name of the bucket of the states of the hosts that belongs to a stream. */
export function bucketOf(stream: string): string {
  return `${stream}_hosts`;
}

/** Returns the host that a subject names; `undefined` if it names none. */
export function hostOfSubject(subject: string): string | undefined {
  const [root, host, ...rest] = subject.split(".");
  return root !== ROOT || host === undefined || rest.length === 0 ? undefined : decodeName(host);
}
