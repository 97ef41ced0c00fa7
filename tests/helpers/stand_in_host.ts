import type { Session } from "../../lib/sessions/types.ts";
import type { Json, TestHubWeb } from "./hub_web.ts";
import { connectLive } from "./live_client.ts";
import { MemorySessions } from "./memory_sessions.ts";
import { waitFor } from "./wait.ts";

/** A host that has dialed a hub with its key, and says whatever a test wants. */
export interface StandInHost extends AsyncDisposable {
  /** The key with which it dials. */
  readonly key: string;
  /** What it answers, by method; a function decides, and `undefined` answers nothing. */
  readonly answers: Record<string, Json>;
  /** The requests that it has received, apart from those for its state. */
  readonly requests: readonly Json[];
  /** Sends a message to all who follow it. */
  say(params: Json): void;
  /** Sends a text as it is. */
  raw(text: string): void;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** A session as a host tells it. */
export function farSession(id: string, facts: Partial<Session> = {}): Session {
  return new MemorySessions().create(id, { host: "far", ...facts });
}

/** The snapshot of a host. */
export function farSnapshot(sessions: readonly Session[], last_event = 0, more: object = {}): Json {
  return { type: "snapshot", sessions, permissions: [], partial: {}, last_event, ...more };
}

/** A permission as a host tells it. */
export function farPermission(id: string, session: string): Json {
  const at = "2026-01-01T00:00:00.000Z";
  return {
    ...{ id, session, host: "far", at, tool_name: "Bash", input: {}, requires_user_interaction: false, covers: "" },
  };
}

/** Dials a hub as one of its hosts, and waits until the hub shows it. */
export async function standInHost(
  hub: TestHubWeb,
  name: string,
  { snapshot = farSnapshot([]), key = hub.hosts.createKey(name) }: {
    readonly snapshot?: Json;
    readonly key?: string;
  } = {},
): Promise<StandInHost> {
  const url = `${hub.url.replace("http", "ws")}/ws/daemon`;
  const answers: Record<string, Json> = { "hub.status": { version: "v9" }, "permissions.list": [] };
  const requests: Json[] = [];
  const channels = new Set<number>();
  const client = await connectLive(url, { "x-api-key": key });
  let taken = 0;
  const say = (params: Json) => {
    for (const channel of channels) client.send({ channel, jsonrpc: "2.0", method: "session.event", params });
  };
  const answerAll = () => {
    for (const request of client.messages.slice(taken)) {
      taken++;
      const { channel, id, method, params } = request;
      if (method === undefined || method === "hub.introduce") continue;
      if (method === "session.follow") {
        client.send({ channel, jsonrpc: "2.0", id, result: { ok: true } });
        channels.add(channel);
        client.send({ channel, jsonrpc: "2.0", method: "session.snapshot", params: snapshot });
        continue;
      }
      if (!(method in answers) || method === "session.get") requests.push(request);
      const answer = answers[method];
      const result = typeof answer === "function" ? answer(params) : answer;
      if (result !== undefined) client.send({ channel, jsonrpc: "2.0", id, result });
    }
  };
  const timer = setInterval(answerAll, 2);
  const close = async () => {
    clearInterval(timer);
    await client[Symbol.asyncDispose]();
  };
  try {
    await waitFor(`${name} to be up`, () => hub.hosts.get(name).state === "up");
  } catch (error) {
    await close();
    throw error;
  }
  return { key, answers, requests, say, raw: (text) => client.send(text), close, [Symbol.asyncDispose]: close };
}
