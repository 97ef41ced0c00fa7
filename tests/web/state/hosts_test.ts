import { assertEquals } from "@std/assert";
import type { Host } from "../../../lib/hosts/types.ts";
import type { Session } from "../../../lib/sessions/types.ts";
import type { HubApi } from "../../../lib/web/api/client.ts";
import { HostList } from "../../../lib/web/state/hosts.ts";
import { HubState } from "../../../lib/web/state/hub_state.ts";
import { hostSnapshot, permission, session, snapshot } from "../helpers/hub_messages.ts";
import { host } from "../helpers/shown_hosts.ts";

/** A hub with hosts, and what was asked of it. */
async function hubWith(hosts: readonly Host[], remembered: readonly Session[] = []) {
  const asked: string[] = [];
  const results: Readonly<Record<string, unknown>> = {
    "hosts.list": hosts,
    "hub.status": { name: "here", version: "0.1.0" },
    "sessions.list": remembered,
  };
  const call = (name: string) => {
    asked.push(name);
    return Promise.resolve(results[name]);
  };
  const removed: string[] = [];
  const hub = new HubState(() => {});
  const api = { call } as unknown as Pick<HubApi, "call">;
  const list = new HostList({ api, hub, onRemoved: (name) => void removed.push(name) });
  hub.take(snapshot([]));
  hub.noteConnection(true);
  await settle();
  const tell = (notice: { readonly host: Host } | { readonly removed: string }) =>
    hub.take({ type: "notice", topic: "hosts", ...notice });
  const names = () => [...hub.sessions.value.values()].map(({ name }) => name);
  return { hub, list, asked, removed, tell, names };
}

/** Lets what was read arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

Deno.test("a hub without other hosts is asked for nothing else", async () => {
  const { list, asked } = await hubWith([]);
  assertEquals([asked, list.isUsed.value, list.names.value, list.hasLoaded.value], [["hosts.list"], false, [], true]);
});

Deno.test("the names begin with the hub's own", async () => {
  const { list } = await hubWith([host("attic"), host("box")]);
  assertEquals([list.names.value, list.isUsed.value], [["here", "attic", "box"], true]);
});

Deno.test("the sessions of a host that is away are those that the hub remembers", async () => {
  const remembered = [session("old", { host: "attic" }), session("own")];
  const { list, names } = await hubWith([host("attic", { state: "offline", sessions: 1 }), host("box")], remembered);
  assertEquals(names(), ["web", "old"]);
  const isAway = (name: string) => list.awayHostOf({ host: name }) !== undefined;
  assertEquals([isAway("attic"), isAway("box"), isAway("here")], [true, false, false]);
});

Deno.test("what is known of a host goes with it", async () => {
  const { hub, list, removed, tell, names } = await hubWith([host("box")]);
  hub.take(hostSnapshot("box", [session("far", { host: "box" })], [permission("p", { host: "box" })]));
  assertEquals(names(), ["web", "far"]);
  tell({ removed: "box" });
  assertEquals([names(), hub.permissions.value, removed, list.isUsed.value], [["web"], [], ["box"], false]);
});

Deno.test("what waits is split when a host goes away, and is whole when it is back", async () => {
  const { hub, list, tell } = await hubWith([host("box")]);
  hub.take(hostSnapshot("box", [], [permission("far", { host: "box" })]));
  hub.take(snapshot([permission("own")]));
  const split = () => {
    const { here, away } = list.split(hub.permissions.value);
    return [here.map(({ id }) => id).sort(), away.map(({ id }) => id)];
  };
  assertEquals(split(), [["far", "own"], []]);
  tell({ host: host("box", { state: "offline" }) });
  assertEquals(split(), [["own"], ["far"]]);
  tell({ host: host("box") });
  assertEquals(split(), [["far", "own"], []]);
});
