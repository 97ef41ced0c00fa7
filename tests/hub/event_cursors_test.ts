import { assertEquals } from "@std/assert";
import { EventCursors } from "../../lib/hub/event_cursors.ts";
import { event, snapshot } from "../web/helpers/hub_messages.ts";

const happened = (id: number, host?: string) =>
  ({ type: "event", event: event("user", {}, { id, ...(host === undefined ? {} : { host }) }) }) as const;

/** The beginning of what a hub tells of itself or of a host. */
const begun = (last_event: number, host?: string) =>
  ({ type: "snapshot", sessions: [], permissions: [], partial: {}, last_event, ...(host && { host }) }) as const;

Deno.test("after() is a number as long as there is one hub", () => {
  const cursors = new EventCursors();
  assertEquals(cursors.after("here"), undefined);
  cursors.take(begun(7));
  assertEquals(cursors.after("here"), 7);
  assertEquals(cursors.take(happened(8)), true);
  assertEquals(cursors.after(undefined), 8);
});

Deno.test("take() counts the events of each host for itself", () => {
  const cursors = new EventCursors();
  cursors.take(begun(100));
  cursors.take(begun(3, "box"));
  assertEquals(cursors.take(happened(4, "box")), true);
  assertEquals(cursors.take(happened(4, "box")), false);
  assertEquals(cursors.take(happened(100)), false);
  assertEquals(cursors.after("here"), { here: 100, box: 4 });
});

Deno.test("a later snapshot does not move the cursor: events before it are still to come", () => {
  const cursors = new EventCursors();
  cursors.take(begun(1));
  cursors.take(begun(2, "box"));
  cursors.take(begun(9));
  cursors.take(begun(9, "box"));
  assertEquals(cursors.after("here"), { here: 1, box: 2 });
});

Deno.test("without the name of the hub, only its own events are asked for again", () => {
  const cursors = new EventCursors();
  cursors.take(begun(1));
  cursors.take(begun(2, "box"));
  assertEquals(cursors.after(undefined), 1);
});

Deno.test("a host that is forgotten is not asked after its old events", () => {
  const cursors = new EventCursors();
  cursors.take(begun(1));
  for (const name of ["box", "attic"]) cursors.take(begun(2, name));
  cursors.forgetHost("box");
  assertEquals(cursors.after("here"), { here: 1, attic: 2 });
  cursors.forgetHosts();
  assertEquals(cursors.after("here"), 1);
  cursors.forget();
  assertEquals(cursors.after("here"), undefined);
});

Deno.test("the first snapshot tells from where the hosts are followed", () => {
  const cursors = new EventCursors();
  cursors.take({ ...begun(5), last_events: { here: 5, box: 3 } });
  assertEquals(cursors.after("here"), { here: 5, box: 3 });
  cursors.take(begun(4, "box"));
  assertEquals(cursors.after("here"), { here: 5, box: 3 });
  assertEquals(cursors.take(happened(4, "box")), true);
});

Deno.test("a host that begins anew with lower numbers is followed from there", () => {
  const cursors = new EventCursors({ here: 5, box: 100 });
  cursors.take(begun(3, "box"));
  assertEquals(cursors.take(happened(4, "box")), true);
  assertEquals(cursors.after("here"), { here: 5, box: 4 });
});

Deno.test("a client may begin with the events of each host", () => {
  assertEquals(new EventCursors({ here: 5, box: 100 }).after("here"), { here: 5, box: 100 });
  assertEquals(new EventCursors({ box: 1 }).after("here"), { box: 1 });
  assertEquals(new EventCursors({ here: 5 }).after("here"), 5);
});

Deno.test("messages that are no events are always news", () => {
  assertEquals(new EventCursors().take(snapshot([])), true);
});
