import { assertEquals, assertRejects } from "@std/assert";
import type { HubApi } from "../../../lib/web/api/client.ts";
import { HubProblem } from "../../../lib/web/api/client.ts";
import { Answers, told } from "../../../lib/web/state/answers.ts";
import { HubState } from "../../../lib/web/state/hub_state.ts";
import { event, permission, snapshot } from "../helpers/hub_messages.ts";

/** Answers with a hub that answers each operation so. */
function answersWith(call: () => Promise<unknown>) {
  const hub = new HubState(() => {});
  const said: string[] = [];
  const api = { call } as unknown as Pick<HubApi, "call">;
  const answers = new Answers({ api, hub, toasts: { say: (text) => void said.push(text) } });
  hub.take(snapshot([permission("p"), permission("q")]));
  return { hub, answers, said, pending: () => hub.permissions.value.map(({ id }) => id) };
}

function answered(permission_id: string, decision: string, by: string) {
  const payload = { permission_id, state: "answered", decision, by };
  return { type: "event", event: event("permission", payload, { subtype: "answered" }) } as const;
}

Deno.test("answer() takes the permission away, and its own event is no news", async () => {
  const { hub, answers, said, pending } = answersWith(() => Promise.resolve({ ok: true }));
  await answers.answer(permission("p"), { decision: "allow" });
  hub.take(answered("p", "allow", "owner"));
  assertEquals([pending(), said], [["q"], []]);
});

Deno.test("answer() tells who was faster when somebody else was", async () => {
  const problem = new HubProblem(409, "anna has already answered this permission: deny");
  const { answers, said, pending } = answersWith(() => Promise.reject(problem));
  await answers.answer(permission("p"), { decision: "allow" });
  assertEquals([pending(), said], [["q"], ["Anna denied Bash in web"]]);
});

Deno.test("answer() tells when the agent no longer asks", async () => {
  const problem = new HubProblem(409, "the agent no longer asks for this permission");
  const { answers, said, pending } = answersWith(() => Promise.reject(problem));
  await answers.answer(permission("p"), { decision: "allow" });
  assertEquals([pending(), said], [["q"], ["The agent no longer asks for this permission"]]);
});

Deno.test("answer() keeps the permission when the hub cannot be reached", async () => {
  const { answers, pending } = answersWith(() => Promise.reject(new HubProblem(0, "no hub")));
  await assertRejects(() => answers.answer(permission("p"), { decision: "allow" }), HubProblem, "no hub");
  assertEquals(pending(), ["p", "q"]);
});

Deno.test("an answer of somebody else to a permission that was shown is told", () => {
  const { hub, said } = answersWith(() => Promise.reject(new Error("nobody asks")));
  hub.take(answered("p", "deny", "command line"));
  assertEquals(said, ["Somebody on the command line denied Bash in web"]);
});

Deno.test("an answer to a permission that was never shown is not told", () => {
  const { hub, said } = answersWith(() => Promise.reject(new Error("nobody asks")));
  hub.take(answered("by a rule", "allow", "a rule of the session"));
  assertEquals(said, []);
});

Deno.test("told() says how far an answer goes", () => {
  assertEquals(told("Bash", "web", "allow_session", "anna"), "Anna allowed Bash in web for the session");
  assertEquals(told("Bash", undefined, "allow", "owner"), "The owner allowed Bash");
});
