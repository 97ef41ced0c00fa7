import { assertEquals } from "@std/assert";
import { connectHub } from "../../../lib/hub/connect_hub.ts";
import { EventCursors } from "../../../lib/hub/event_cursors.ts";
import { serveSocket } from "../../../lib/hub/socket_server.ts";
import type { Json } from "../../helpers/hub_web.ts";
import { type LinkedHubs, linkedHubs } from "../../helpers/linked_hubs.ts";
import { startTcpProxy } from "../../helpers/tcp_proxy.ts";
import { connectLive } from "../../helpers/live_client.ts";
import { waitFor } from "../../helpers/wait.ts";

/** How often a page's connection is cut. */
const CUTS = Number(Deno.env.get("FOLLOW_CUTS") ?? 20);

const numbersTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** Adds an event to each hub. */
function addBoth({ near, far }: LinkedHubs): void {
  near.sessions.add("n");
  far.sessions.add("s");
}

Deno.test("the first snapshot tells the newest events of the hub and of its hosts, and what hosts do then comes", async () => {
  await using hubs = await linkedHubs();
  hubs.near.sessions.create("n");
  for (let i = 0; i < 3; i++) hubs.far.sessions.add("s");
  hubs.near.sessions.add("n");
  await waitFor("the events", () => hubs.near.hosts.lastEvents.box === 3);
  await using page = await hubs.near.live("/ws/dashboard", hubs.near.owner);
  page.send({ type: "subscribe" });
  const snapshot = await page.message("the snapshot", ({ type }) => type === "snapshot");
  hubs.far.sessions.add("s");
  assertEquals(snapshot.last_events, { box: 3, here: 1 });
  await page.message("the event", ({ event }) => event?.host === "box");
  assertEquals(page.ids(), [4]);
});

Deno.test("a page sees each event of the hub and of its hosts once and in order, however often it is cut", async () => {
  await using hubs = await linkedHubs();
  hubs.near.sessions.create("n");
  await using proxy = startTcpProxy(hubs.near.port);
  const cursors = new EventCursors({ here: 0, box: 0 });
  const ids: { readonly own: number[]; readonly box: number[] } = { own: [], box: [] };
  for (let cut = 0; cut < CUTS; cut++) {
    await using page = await connectLive(`ws://127.0.0.1:${proxy.port}/ws/dashboard`, hubs.near.owner);
    page.send({ type: "subscribe", after: cursors.after("here") });
    addBoth(hubs);
    const take = (messages: readonly Json[]) => {
      for (const message of messages) {
        if (!cursors.take(message) || message.type !== "event") continue;
        ids[message.event.host === "box" ? "box" : "own"].push(message.event.id);
      }
    };
    // Every other cut comes at any time, and the others when all is there.
    const isThere = () =>
      ["own", "box"].every((host) => {
        const events = page.messages.filter(({ type, event }) => type === "event" && (event.host ?? "own") === host);
        return events.at(-1)?.event.id === cut + 1;
      });
    if (cut % 2 === 0 || cut === CUTS - 1) await waitFor("the events", isThere);
    else await page.message("something", () => true);
    proxy.cut();
    await page.closed();
    take(page.messages);
  }
  assertEquals(ids, { own: numbersTo(CUTS), box: numbersTo(CUTS) });
});

Deno.test("a host that does not have what is asked for begins anew, and the others go on", async () => {
  await using hubs = await linkedHubs();
  hubs.near.sessions.create("n");
  await using page = await hubs.near.live("/ws/dashboard", hubs.near.owner);
  page.send({ type: "subscribe", after: { here: 0, box: 1_000, constructor: 5 } });
  addBoth(hubs);
  const snapshot = await page.message(
    "the snapshot of the host",
    ({ type, host }) => type === "snapshot" && host === "box",
  );
  await page.message("the own event", ({ event }) => event?.session === "n");
  assertEquals(snapshot.last_event <= 1, true);
  hubs.far.sessions.add("s");
  await page.message("the next event of the host", ({ event }) => event?.id === 2);
  assertEquals((await hubs.near.request("/healthz")).status, 200);
});

Deno.test("server-sent events go on after what the client has got of each host", async () => {
  await using hubs = await linkedHubs();
  const { near, far } = hubs;
  near.sessions.create("n");
  addBoth(hubs);
  const read = async (lastEventId: string, until: (text: string) => boolean) => {
    const headers = { ...near.owner, "last-event-id": lastEventId };
    const response = await near.open("/api/events", { headers });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += part.value;
      if (until(text)) break;
    }
    await reader.cancel();
    return text;
  };
  const eventsIn = (text: string) =>
    [...text.matchAll(/^data: (\{"type":"event".*)$/gm)].map(([, json = ""]) => {
      const { event } = JSON.parse(json);
      return [event.host ?? "here", event.id];
    }).sort();
  const first = await read('{"here":0,"box":0}', (text) => eventsIn(text).length === 2);
  assertEquals(eventsIn(first), [["box", 1], ["here", 1]]);
  const id = [...first.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
  assertEquals(JSON.parse(id), { box: 1, here: 1 });
  addBoth(hubs);
  far.sessions.add("s");
  const second = await read(id, (text) => eventsIn(text).length === 3);
  assertEquals(eventsIn(second), [["box", 2], ["box", 3], ["here", 2]]);
});

Deno.test("the client of the socket goes on with each host after a cut, from where it was asked to begin", async () => {
  await using hubs = await linkedHubs();
  const { near, far } = hubs;
  near.sessions.create("n");
  for (let i = 0; i < 3; i++) addBoth(hubs);
  const socket = `${near.home}/hub.sock`;
  const serve = () =>
    serveSocket({
      ...{ paths: { socket, sockets: near.home }, isAuthorized: () => true },
      stagingPath: `${near.home}/.bind-0`,
      ...{ feed: near.feed, operations: near.operations },
    });
  let server: AsyncDisposable = await serve();
  const ids: unknown[] = [];
  const stop = new AbortController();
  const client = await connectHub({ socket, token: "any" });
  const following = (async () => {
    for await (const message of client.follow({ after: { here: 1, box: 2 }, signal: stop.signal })) {
      if (message.type === "event") ids.push([message.event.host ?? "here", message.event.id]);
    }
  })();
  const sorted = () => ids.toSorted();
  await waitFor("the events", () => ids.length === 3);
  await server[Symbol.asyncDispose]();
  addBoth(hubs);
  far.sessions.add("s");
  server = await serve();
  await waitFor("the later events", () => ids.length >= 6);
  stop.abort();
  await following;
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  assertEquals(sorted(), [["box", 3], ["box", 4], ["box", 5], ["here", 2], ["here", 3], ["here", 4]]);
});
