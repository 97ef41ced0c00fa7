import { assertEquals, assertRejects } from "@std/assert";
import type { HubApi } from "../../../lib/web/api/client.ts";
import { wholeInput } from "../../../lib/web/state/whole_input.ts";
import type { SessionEvent } from "../../../lib/sessions/types.ts";
import { event, permission } from "../helpers/hub_messages.ts";

const asked = (id: number, permission_id: string, input: unknown) =>
  event("permission", { permission_id, input }, { id, subtype: "asked" });

/** A hub that stores these events, and shows the large ones as their size. */
function apiWith(stored: readonly SessionEvent[], large: readonly number[]): Pick<HubApi, "call"> {
  const call = (name: string, { event_id, length }: { event_id: number; length?: number }) => {
    if (name === "session.events") {
      return Promise.resolve(
        stored.map((each) => large.includes(each.id) ? { ...each, payload: { truncated: 9 } } : each),
      );
    }
    const found = stored.find(({ id }) => id === event_id)!;
    if (length === undefined) return Promise.resolve(found);
    const text = JSON.stringify(found.payload);
    return Promise.resolve({ text: text.slice(0, length), total: text.length });
  };
  return { call } as unknown as Pick<HubApi, "call">;
}

Deno.test("wholeInput() finds the event of the permission among large ones", async () => {
  const stored = [asked(1, "other", "x"), asked(2, "wanted", { content: "all of it" }), asked(3, "later", "z")];
  assertEquals(await wholeInput(apiWith(stored, [1, 2, 3]), permission("wanted")), { content: "all of it" });
});

Deno.test("wholeInput() says so when the event is not stored any more", async () => {
  await assertRejects(
    () => wholeInput(apiWith([asked(1, "other", "x")], [1]), permission("wanted")),
    Error,
    "not stored",
  );
});
