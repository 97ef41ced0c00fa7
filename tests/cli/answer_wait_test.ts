import { assertEquals, assertRejects } from "@std/assert";
import { startAnswer } from "../../lib/cli/answer_tracker.ts";
import { waitForAnswer } from "../../lib/cli/answer_wait.ts";
import { wholeEvent } from "../../lib/cli/whole_event.ts";
import { HubUnreachableError } from "../../lib/hub/hub_errors.ts";
import type { FollowMessage } from "../../lib/hub/hub_client.ts";
import type { PendingPermission, Session, SessionEvent } from "../../lib/sessions/types.ts";
import { fakeHub, type Handlers } from "./fake_hub.ts";
import { testSession } from "./session_fixture.ts";

function event(id: number, type: string, payload: unknown): SessionEvent {
  return { id, session: testSession().id, seq: id, at: "2026-11-21T12:00:00.000Z", type, payload };
}

function text(id: number, text: string): FollowMessage {
  return { type: "event", event: event(id, "assistant", { message: { content: [{ type: "text", text }] } }) };
}

const SENT: FollowMessage = { type: "event", event: event(1, "prompt", { state: "sent", prompt_id: "p" }) };
const RESULT: FollowMessage = { type: "event", event: event(9, "result", { is_error: false }) };
const WAITING: FollowMessage = {
  type: "session",
  session: testSession({ status: "waiting_permission", permissions: ["x"], last_event: 1 }),
};

async function* stream(messages: readonly (FollowMessage | Error)[]): AsyncGenerator<FollowMessage> {
  for (const message of messages) {
    if (message instanceof Error) throw message;
    yield await Promise.resolve(message);
  }
}

/** Waits for the answer to a prompt, of which a hub tells these messages. */
async function wait(
  messages: readonly (FollowMessage | Error)[],
  { handlers = {}, isStreamed = true, most = Infinity, session = testSession() }: {
    readonly handlers?: Handlers;
    readonly isStreamed?: boolean;
    /** How many pieces are read. */
    readonly most?: number;
    readonly session?: Session;
  } = {},
) {
  const pieces: string[] = [];
  const write = (piece: string) => {
    pieces.push(piece);
    return Promise.resolve(pieces.length < most);
  };
  const snapshot: FollowMessage = {
    type: "snapshot",
    sessions: [session],
    permissions: [],
    partial: {},
    last_event: 0,
  };
  const end = await waitForAnswer({
    client: fakeHub(handlers),
    messages: stream(messages),
    snapshot,
    state: startAnswer(session, "p"),
    output: { write, again: (piece) => write(`again: ${piece}`) },
    isStreamed,
    signal: new AbortController().signal,
  });
  return { end, pieces };
}

const DELTA: FollowMessage = { type: "delta", session: testSession().id, text: "on" };

Deno.test("waitForAnswer() prints the answer in pieces, and ends with its turn", async () => {
  const { end, pieces } = await wait([SENT, DELTA, text(2, "one"), RESULT, text(10, "other")]);
  assertEquals([end, pieces], [{ kind: "answered" }, ["on", "e"]]);
});

Deno.test("waitForAnswer() prints only complete pieces unless it streams", async () => {
  assertEquals((await wait([SENT, DELTA, text(2, "one"), RESULT], { isStreamed: false })).pieces, ["one"]);
});

Deno.test("waitForAnswer() fetches a text that is too long for a message", async () => {
  const long = event(2, "assistant", { truncated: 300_000 });
  const json = JSON.stringify({ message: { content: [{ type: "text", text: "long" }] } });
  const { pieces } = await wait([SENT, { type: "event", event: long }, RESULT], {
    handlers: {
      "session.event": ({ offset = 0 }) => ({ text: json.slice(offset, offset + 10), total: json.length }),
    },
  });
  assertEquals(pieces, ["long"]);
});

Deno.test("waitForAnswer() ends while a permission waits", async () => {
  const input = { command: "touch m1" };
  const permission: PendingPermission = {
    id: "x",
    session: testSession().id,
    host: "here",
    at: "",
    tool_name: "Bash",
    input,
    requires_user_interaction: false,
    covers: "",
  };
  const { end } = await wait([SENT, WAITING, RESULT], { handlers: { "permissions.list": () => [permission] } });
  assertEquals(end, { kind: "permission" });
});

Deno.test("waitForAnswer() goes on when the permission was answered meanwhile", async () => {
  const { end } = await wait([SENT, WAITING, RESULT], { handlers: { "permissions.list": () => [] } });
  assertEquals(end, { kind: "answered" });
});

Deno.test("waitForAnswer() returns nothing when the messages end, or nobody reads the answer", async () => {
  assertEquals((await wait([SENT])).end, undefined);
  assertEquals(await wait([SENT, text(2, "one"), text(3, "two"), RESULT], { most: 1 }), {
    end: undefined,
    pieces: ["one"],
  });
});

Deno.test("waitForAnswer() throws when the hub is gone", async () => {
  await assertRejects(() => wait([SENT, new HubUnreachableError("gone")]), HubUnreachableError);
});

Deno.test("wholeEvent() fetches nothing that is there already", async () => {
  const short = event(1, "user", { message: {} });
  assertEquals(await wholeEvent(fakeHub({}), short), short);
});

Deno.test("wholeEvent() takes an event that comes whole", async () => {
  const whole = event(1, "user", { message: {} });
  const hub = fakeHub({ "session.event": () => whole });
  assertEquals(await wholeEvent(hub, event(1, "user", { truncated: 300_000 })), whole);
});
