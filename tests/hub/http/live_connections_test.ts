import { assertEquals } from "@std/assert";
import type { Access } from "../../../lib/hub/access/access.ts";
import type { Caller } from "../../../lib/hub/caller.ts";
import { LiveConnections } from "../../../lib/hub/http/live_connections.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb } from "../../helpers/hub_web.ts";

const CALLER: Caller = { who: "token", way: "token", isViewer: false };

/** A connection, and how it was closed. */
function connection() {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const ends: string[] = [];
  const end = (how: string) => {
    ends.push(how);
    resolve();
  };
  return { closed, ends, close: () => end("by its client"), goAway: () => end("goAway"), revoke: () => end("revoke") };
}

async function withAccess(test: (access: Access) => Promise<void>): Promise<void> {
  await using hub = await hubWeb();
  await test(hub.access);
}

Deno.test("LiveConnections refuses more than a thousand, until one of them is closed", () =>
  withAccess(async (access) => {
    await using live = new LiveConnections(access, fakeClock());
    const open = Array.from({ length: 1_000 }, connection);
    for (const [i, each] of open.entries()) {
      assertEquals(live.refuse(), undefined, `${i}`);
      live.add(each, CALLER);
    }
    const problem = live.refuse();
    assertEquals([problem?.status, problem?.headers, live.size], [429, [["retry-after", "10"]], 1_000]);
    open[0]!.close();
    await open[0]!.closed;
    assertEquals([live.refuse(), live.size], [undefined, 999]);
  }));

Deno.test("LiveConnections closes all at its disposal, and waits until they are closed", () =>
  withAccess(async (access) => {
    const [one, other] = [connection(), connection()];
    {
      await using live = new LiveConnections(access, fakeClock());
      for (const each of [one, other]) live.add(each, CALLER);
    }
    assertEquals([one.ends, other.ends], [["goAway"], ["goAway"]]);
  }));

Deno.test("LiveConnections closes those of who may not talk to the hub any more, and no others", () =>
  withAccess(async (access) => {
    await using live = new LiveConnections(access, fakeClock());
    access.createToken("ci", false);
    const token = access.listTokens()[0]!.id;
    const [one, other] = [connection(), connection()];
    live.add(one, { ...CALLER, token });
    live.add(other, CALLER);
    access.revokeToken("ci");
    assertEquals([one.ends, other.ends], [["revoke"], []]);
  }));
