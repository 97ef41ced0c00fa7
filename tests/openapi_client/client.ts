/**
 * A client of a hub, written against the types that openapi-typescript generates from the hub's OpenAPI document. It is a
 * project of its own, as a user would have it: the test copies it, generates `hub.ts`, checks the types, and runs it.
 *
 * Arguments: the hub's address, its token, and a directory to work in. It prints a line of JSON.
 *
 * @module
 */

import createClient from "openapi-fetch";
import type { components, paths } from "./hub.ts";

type Session = components["schemas"]["Session"];
type Event = components["schemas"]["Event"];
type Permission = components["schemas"]["Permission"];
type Problem = components["schemas"]["Problem"];
type LiveMessage = components["schemas"]["LiveMessage"];

const [baseUrl = "", token = "", path = ""] = Deno.args;
const hub = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

/** Returns what a call answered, or throws the sentence of its failure. */
function answer<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (data !== undefined) return data;
  throw new Error(`${error?.status} ${error?.title}: ${error?.detail}`);
}

/** Asks again until there is an answer. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The types tell all statuses, so that the compiler notices one that is forgotten. */
function isOver(status: Session["status"]): boolean {
  switch (status) {
    case "starting":
    case "active":
    case "waiting_permission":
      return false;
    case "idle":
    case "stopped":
    case "error":
      return true;
  }
}

async function session(id: string): Promise<Session> {
  return answer(await hub.GET("/api/sessions/{id}", { params: { path: { id } } }));
}

/** Reads all events of a session, page by page. */
async function events(id: string): Promise<Event[]> {
  const all: Event[] = [];
  for (;;) {
    const query = { after: all.at(-1)?.id ?? 0, limit: 5 };
    const page = answer(await hub.GET("/api/sessions/{id}/events", { params: { path: { id }, query } }));
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** Follows a session until it has had an event of a type; the types tell the messages apart. */
async function follow(id: string, type: string, onOpen: () => void): Promise<string[]> {
  const socket = new WebSocket(`${baseUrl.replace(/^http/, "ws")}/ws/dashboard?token=${token}`);
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.onopen = () => socket.send(JSON.stringify({ type: "subscribe", sessions: [id] }));
  socket.onmessage = ({ data }) => {
    const message: LiveMessage = JSON.parse(data);
    if (message.type === "snapshot") onOpen();
    if (message.type !== "event") return;
    seen.push(message.event.type);
    if (message.event.type === type) resolve();
  };
  await promise;
  socket.close();
  return seen;
}

const started = answer(await hub.POST("/api/sessions", { body: { path, name: "generated", trust: true } }));
const { id } = started;

const live = Promise.withResolvers<void>();
const following = follow(id, "result", live.resolve);
await live.promise;
const sent = answer(
  await hub.POST("/api/sessions/{id}/prompt", {
    params: { path: { id } },
    body: { prompt: [{ type: "text", text: "tool Bash echo from the client" }] },
  }),
);
const permission: Permission = await until(async () => answer(await hub.GET("/api/permissions")).at(0));
answer(
  await hub.POST("/api/permissions/{id}", { params: { path: { id: permission.id } }, body: { decision: "allow" } }),
);
const seen = await following;
const idle = await until(async () => {
  const now = await session(id);
  return isOver(now.status) ? now : undefined;
});

const missing = await hub.GET("/api/sessions/{id}", { params: { path: { id: "nobody" } } });
const problem: Problem | undefined = missing.error;
const types = (await events(id)).map(({ type }) => type);
const stopped = answer(await hub.POST("/api/sessions/{id}/stop", { params: { path: { id } } }));

console.log(JSON.stringify({
  status: idle.status,
  turns: idle.turns,
  prompt_status: sent.prompt_status,
  tool: permission.tool_name,
  isComplete: seen.every((type) => types.includes(type)) && types.includes("permission"),
  problem: problem?.code,
  stopped: stopped.status,
}));
