import { assertEquals } from "@std/assert";
import { type HubApi, HubProblem } from "../../../lib/web/api/client.ts";
import { HubState } from "../../../lib/web/state/hub_state.ts";
import { LastActivity } from "../../../lib/web/state/last_activity.ts";
import { waitFor } from "../../helpers/wait.ts";
import { event } from "../helpers/hub_messages.ts";

function says(text: string) {
  return event("assistant", { message: { content: [{ type: "text", text }] } });
}

function reader(read: (session: string) => Promise<unknown>) {
  const hub = new HubState(() => {});
  const asked: string[] = [];
  const api = {
    call(_: string, { session_name }: { session_name: string }) {
      asked.push(session_name);
      return read(session_name);
    },
  } as unknown as Pick<HubApi, "call">;
  return { hub, asked, last: new LastActivity(api, hub) };
}

Deno.test("LastActivity notes what a session said last, and asks once", async () => {
  const { hub, asked, last } = reader(() => Promise.resolve([says("first"), says("last")]));
  last.want("a");
  last.want("a");
  await waitFor("the activity", () => hub.activity.value.get("a"));
  assertEquals([hub.activity.value.get("a"), asked], ["last", ["a"]]);
});

Deno.test("LastActivity does not replace what has happened since", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { hub, asked, last } = reader((session) => session === "a" ? promise : Promise.resolve([says("b")]));
  last.want("a");
  hub.noteActivity("a", "new");
  resolve([says("old")]);
  last.want("b");
  await waitFor("the other session", () => hub.activity.value.get("b"));
  assertEquals([hub.activity.value.get("a"), asked], ["new", ["a", "b"]]);
});

Deno.test("LastActivity goes on when a session cannot be read", async () => {
  const failing = new HubProblem(404, "gone");
  const { hub, last } = reader((session) =>
    session === "gone" ? Promise.reject(failing) : Promise.resolve([says("b")])
  );
  last.want("gone");
  last.want("b");
  await waitFor("the other session", () => hub.activity.value.get("b"));
  assertEquals(hub.activity.value.has("gone"), false);
});

Deno.test("LastActivity reads four sessions at once at most", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { hub, asked, last } = reader(() => promise);
  for (const session of ["1", "2", "3", "4", "5", "6"]) last.want(session);
  assertEquals(asked, ["1", "2", "3", "4"]);
  resolve([says("done")]);
  await waitFor("all of them", () => hub.activity.value.size === 6);
});
