import { assertEquals } from "@std/assert";
import { HubState } from "../../../lib/web/state/hub_state.ts";
import { type NoticeOptions, watchForNotices } from "../../../lib/web/state/notices.ts";
import { event, hostSnapshot, permission, session, snapshot } from "../helpers/hub_messages.ts";

const NOW = Date.parse("2026-01-01T00:00:30.000Z");

/** What is told of a hub. */
function watched(change: Partial<NoticeOptions> = {}) {
  const hub = new HubState(() => {});
  const shown: string[] = [];
  const takenBack: string[] = [];
  watchForNotices({
    hub,
    choice: () => ({ needsYou: true, finished: true }),
    isLookedAt: () => false,
    now: () => NOW,
    show: ({ title, text }) => void shown.push(`${title}: ${text}`),
    takeBack: (tag) => void takenBack.push(tag),
    ...change,
  });
  return { hub, shown, takenBack };
}

const result = (payload: unknown, at?: string) =>
  ({ type: "event", event: event("result", payload, at === undefined ? {} : { at }) }) as const;

Deno.test("a permission that comes is told once", () => {
  const { hub, shown } = watched();
  hub.take(snapshot([]));
  hub.take(snapshot([permission("p")]));
  hub.take(snapshot([permission("p")]));
  assertEquals(shown, ["web needs you: Run a command"]);
});

Deno.test("permissions that were there when the page was opened are not told", () => {
  const { hub, shown } = watched();
  hub.take(snapshot([permission("p")]));
  assertEquals(shown, []);
});

Deno.test("a question is told in its own words", () => {
  const { hub, shown } = watched();
  hub.take(snapshot([]));
  const input = { questions: [{ question: "Which colour?" }] };
  hub.take(snapshot([permission("p", { tool_name: "AskUserQuestion", input })]));
  assertEquals(shown, ["web needs you: Which colour?"]);
});

Deno.test("a notice is taken back when its permission is over", () => {
  const { hub, takenBack } = watched();
  hub.take(snapshot([permission("p")]));
  hub.dropPermission("p");
  assertEquals(takenBack, ["permission:p"]);
});

Deno.test("the end of a turn is told, with what the agent said last", () => {
  const { hub, shown } = watched();
  hub.take(snapshot([]));
  hub.noteActivity("id of web", "All tests pass.");
  hub.take(result({ is_error: false }));
  assertEquals(shown, ["web has finished: All tests pass."]);
});

Deno.test("the end of a turn that failed is told as a failure", () => {
  const { hub, shown } = watched();
  hub.take(snapshot([]));
  hub.take(result({ is_error: true }));
  assertEquals(shown, ["web failed: "]);
});

Deno.test("the end of a turn is not told while prompts wait", () => {
  const { hub, shown } = watched();
  const queue = [{ id: "1", prompt: "go on", at: "2026-01-01T00:00:00.000Z" }];
  hub.take(snapshot([], [session("web", { queue })]));
  hub.take(result({}));
  assertEquals(shown, []);
});

Deno.test("the end of a turn that was missed is no news", () => {
  const { hub, shown } = watched();
  hub.take(snapshot([]));
  hub.take(result({}, "2025-12-31T23:59:00.000Z"));
  assertEquals(shown, []);
});

Deno.test("nothing is told to who looks at the page", () => {
  const { hub, shown } = watched({ isLookedAt: () => true });
  hub.take(snapshot([]));
  hub.take(snapshot([permission("p")]));
  hub.take(result({}));
  assertEquals(shown, []);
});

Deno.test("only what somebody has chosen is told", () => {
  const { hub, shown } = watched({ choice: () => ({ needsYou: false, finished: true }) });
  hub.take(snapshot([]));
  hub.take(snapshot([permission("p")]));
  hub.take(result({}));
  assertEquals(shown, ["web has finished: "]);
});

Deno.test("what waits on another host is told with its name, unless it was there when the host was first heard of", () => {
  const { hub, shown } = watched();
  const far = session("far", { host: "box" });
  const ofBox = (...ids: string[]) =>
    hostSnapshot("box", [far], ids.map((id) => permission(id, { host: "box", session: far.id })));
  hub.take(snapshot([]));
  hub.take(ofBox("before"));
  assertEquals(shown, []);
  hub.take(ofBox("before", "after"));
  assertEquals(shown, ["far on box needs you: Run a command"]);
});
