import { assertEquals } from "@std/assert";
import type { FollowMessage } from "../../../lib/hub/hub_client.ts";
import { HubState } from "../../../lib/web/state/hub_state.ts";
import { event, hostSnapshot, permission, session, snapshot } from "../helpers/hub_messages.ts";

/** What is told of a host. */
function ofHost(host: string, names: readonly string[], permissions: readonly string[] = []): FollowMessage {
  const sessions = names.map((name) => session(name, { host }));
  return hostSnapshot(host, sessions, permissions.map((id) => permission(id, { host })));
}

const namesOf = (hub: HubState) => [...hub.sessions.value.values()].map(({ name }) => name).sort();
const idsOf = (hub: HubState) => hub.permissions.value.map(({ id }) => id);

Deno.test("a snapshot replaces what is known of its own host, and of no other", () => {
  const hub = new HubState(() => {});
  hub.take(snapshot([permission("own")]));
  hub.take(ofHost("box", ["a", "b"], ["far"]));
  hub.take(ofHost("attic", ["c"]));
  assertEquals([namesOf(hub), idsOf(hub)], [["a", "b", "c", "web"], ["own", "far"]]);
  hub.take(ofHost("box", ["b"]));
  assertEquals([namesOf(hub), idsOf(hub)], [["b", "c", "web"], ["own"]]);
  hub.take(snapshot([], [session("new")]));
  assertEquals([namesOf(hub), idsOf(hub)], [["b", "c", "new"], []]);
});

Deno.test("what waits is sorted by age over all hosts", () => {
  const hub = new HubState(() => {});
  const at = (year: number) => `${year}-01-01T00:00:00.000Z`;
  hub.take(snapshot([permission("second", { at: at(2002) }), permission("last", { at: at(2004) })]));
  const far = [permission("first", { host: "box", at: at(2001) }), permission("third", { host: "box", at: at(2003) })];
  hub.take(hostSnapshot("box", [], far));
  assertEquals(idsOf(hub), ["first", "second", "third", "last"]);
});

Deno.test("a session with a permission that nobody knows has those of its host read again", () => {
  const asked: (string | undefined)[] = [];
  const hub = new HubState((host) => void asked.push(host));
  hub.take(snapshot([]));
  hub.take(ofHost("box", ["a"]));
  hub.take({ type: "session", session: session("a", { host: "box", permissions: ["p"] }) });
  hub.take({ type: "session", session: session("web", { permissions: ["q"] }) });
  assertEquals(asked, ["box", undefined]);
  hub.putPermissions("box", [permission("p", { host: "box" }), permission("other", { host: "here" })]);
  assertEquals(idsOf(hub), ["p"]);
});

Deno.test("an answer in progress survives the snapshot of another host", () => {
  const hub = new HubState(() => {});
  hub.take(snapshot([]));
  hub.take(ofHost("box", ["a"]));
  const partials: string[] = [];
  hub.listen("id of a", { onEvent: () => {}, onDelta: () => {}, onPartial: (text) => void partials.push(text) });
  hub.take({ type: "delta", session: "id of a", text: "one" });
  hub.take(snapshot([]));
  assertEquals([hub.answers.of("id of a").text, partials], ["one", []]);
  hub.take(hostSnapshot("box", [session("a", { host: "box" })], [], { "id of a": "one two" }));
  assertEquals([hub.answers.of("id of a").text, partials], ["one two", ["one two"]]);
});

Deno.test("an event ends the answer in progress whatever the numbers of other hosts are", () => {
  const hub = new HubState(() => {});
  hub.take({ type: "snapshot", sessions: [], permissions: [], partial: {}, last_event: 1_000 });
  hub.take(ofHost("box", ["a"]));
  hub.take({ type: "delta", session: "id of a", text: "one" });
  hub.take({ type: "event", event: event("assistant", {}, { id: 5, host: "box", session: "id of a" }) });
  assertEquals(hub.answers.of("id of a").text, "");
});

Deno.test("the sessions of a host that is away are recalled, unless they are known", () => {
  const hub = new HubState(() => {});
  hub.take(snapshot([]));
  hub.recall("attic", [session("c", { host: "attic" })]);
  hub.recall("attic", [session("old", { host: "attic" })]);
  assertEquals([namesOf(hub), [...hub.hosts.value]], [["c", "web"], ["attic"]]);
  hub.forgetHost("attic");
  assertEquals([namesOf(hub), [...hub.hosts.value]], [["web"], []]);
});
