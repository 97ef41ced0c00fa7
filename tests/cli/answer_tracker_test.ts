import { assert, assertEquals } from "@std/assert";
import { type AnswerEnd, type AnswerOutput, startAnswer, trackAnswer } from "../../lib/cli/answer_tracker.ts";
import type { FollowMessage } from "../../lib/hub/hub_client.ts";
import type { Session, SessionEvent } from "../../lib/sessions/types.ts";
import { testSession } from "./session_fixture.ts";
import { pick, seededRandom } from "../helpers/random.ts";

/** One thing that a hub tells: an event or a delta, and the session as it is afterwards. */
type Told =
  | { readonly kind: "event"; readonly event: SessionEvent }
  | { readonly kind: "delta"; readonly text: string }
  | { readonly kind: "session"; readonly session: Session };

/** Writes what a hub tells about a session. */
class Story {
  readonly told: Told[] = [];
  #session: Session;
  #nextId: number;

  constructor(session: Partial<Session> = {}) {
    this.#session = testSession({ id: "s", last_event: 100, ...session });
    this.#nextId = this.#session.last_event + 1;
  }

  get session(): Session {
    return this.#session;
  }

  event(type: string, payload: Record<string, unknown>): this {
    const id = this.#nextId;
    this.#nextId += 1 + id % 3; // events of other sessions lie between
    this.#session = { ...this.#session, last_event: id };
    const at = "2026-11-21T12:00:00.000Z";
    this.told.push({ kind: "event", event: { id, session: "s", seq: id, at, type, payload } });
    return this;
  }

  status(changes: Partial<Session>): this {
    this.#session = { ...this.#session, ...changes };
    this.told.push({ kind: "session", session: this.#session });
    return this;
  }

  prompt(state: string, promptId = "p"): this {
    return this.event("prompt", { state, prompt_id: promptId });
  }

  deltas(...texts: string[]): this {
    for (const text of texts) this.told.push({ kind: "delta", text });
    return this;
  }

  text(text: string, more: Record<string, unknown> = {}): this {
    return this.event("assistant", { message: { content: [{ type: "text", text }] }, ...more });
  }

  result(payload: Record<string, unknown> = {}): this {
    return this.event("result", { is_error: false, result: "", ...payload });
  }
}

function toMessage(told: Told): FollowMessage {
  switch (told.kind) {
    case "event":
      return { type: "event", event: told.event };
    case "delta":
      return { type: "delta", session: "s", text: told.text };
    case "session":
      return { type: "session", session: told.session };
  }
}

function snapshot(session: Session, partial = ""): FollowMessage {
  const partials: Record<string, string> = partial === "" ? {} : { [session.id]: partial };
  return { type: "snapshot", sessions: [session], permissions: [], partial: partials, last_event: 9_999 };
}

/** Follows until the end, or to the last message. */
function follow(session: Session, messages: readonly FollowMessage[]) {
  let state = startAnswer(session, "p");
  const output: AnswerOutput[] = [];
  let end: AnswerEnd | undefined;
  for (const message of [snapshot(session), ...messages]) {
    const step = trackAnswer(state, message);
    state = step.state;
    output.push(...step.output);
    end = step.end;
    if (end !== undefined) break;
  }
  const text = output.map((each) => each.text).join("");
  return { text, end, again: output.filter(({ kind }) => kind === "again").length };
}

function tell(write: (story: Story) => void, session: Partial<Session> = {}) {
  const story = new Story(session);
  const before = story.session;
  write(story);
  return follow(before, story.told.map(toMessage));
}

const ANSWERED = { kind: "answered" } as const;

Deno.test("trackAnswer() prints deltas as they come, and what is missing of the stored text", () => {
  const story = new Story();
  const before = story.session;
  story.prompt("sent").deltas("one ", "two").text("one two three").result();
  let state = startAnswer(before, "p");
  const output = story.told.map((told) => {
    const step = trackAnswer(state, toMessage(told));
    state = step.state;
    return step.output.map(({ text }) => text).join("");
  });
  assertEquals(output, ["", "one ", "two", " three", ""]);
});

Deno.test("trackAnswer() puts each block of the answer on lines of its own", () => {
  const { text, end } = tell((story) =>
    story.prompt("sent").deltas("one").text("one")
      .event("assistant", { message: { content: [{ type: "tool_use", name: "Bash" }] } })
      .deltas("two\n").text("two\n").text("three").result()
  );
  assertEquals([text, end], ["one\ntwo\nthree", ANSWERED]);
});

Deno.test("trackAnswer() prints nothing of other turns, other sessions and sub-agents", () => {
  const { text, end } = tell((story) => {
    story.deltas("before").text("before").result({ is_error: true }).prompt("sent", "other").text("other").result();
    story.prompt("sent").text("sub", { parent_tool_use_id: "t" }).text("ours").result();
  });
  assertEquals([text, end], ["ours", ANSWERED]);
  const story = new Story();
  const before = story.session;
  story.prompt("sent");
  const strange: FollowMessage[] = [
    { type: "delta", session: "x", text: "no" },
    { type: "delta", session: "s", thinking: "no" },
    { type: "event", event: { id: 900, session: "x", seq: 1, at: "", type: "result", payload: { is_error: true } } },
    { type: "session", session: testSession({ id: "x", status: "error" }) },
  ];
  assertEquals(follow(before, [...story.told.map(toMessage), ...strange]), { text: "", end: undefined, again: 0 });
});

Deno.test("trackAnswer() ends with the error of a result", () => {
  const { text, end } = tell((story) =>
    story.prompt("sent").text("API Error: 400", { is_api_error_message: true, error: "unknown" })
      .result({ is_error: true, result: "API Error: 400" })
  );
  assertEquals([text, end], ["", { kind: "failed", reason: "API Error: 400" }]);
});

Deno.test("trackAnswer() prints the result of a turn that has no other text", () => {
  assertEquals(tell((story) => story.prompt("sent").result({ result: "$0.01" })).text, "$0.01");
});

Deno.test("trackAnswer() does not take the result of a background task for the answer", () => {
  const { text, end } = tell((story) =>
    story.prompt("sent").result({ origin: { kind: "task-notification" } }).text("ours").result()
  );
  assertEquals([text, end], ["ours", ANSWERED]);
});

Deno.test("trackAnswer() ends with a prompt that was absorbed by another turn once the session is idle", () => {
  const write = (story: Story) => story.status({ status: "active" }).prompt("sent").text("ours").prompt("done");
  assertEquals(tell(write).end, undefined);
  assertEquals(tell((story) => write(story).status({ status: "idle" })).end, ANSWERED);
  assertEquals(tell((story) => write(story).prompt("sent", "next")).end, ANSWERED);
  const result = { is_error: true, result: "bad", origin: { kind: "task-notification" } };
  assertEquals(tell((story) => write(story).result(result)).end, { kind: "failed", reason: "bad" });
});

Deno.test("trackAnswer() fails when the prompt is removed from the queue", () => {
  assertEquals(tell((story) => story.prompt("queued").prompt("removed")).end?.kind, "failed");
  assertEquals(tell((story) => story.prompt("queued").prompt("removed", "other")).end, undefined);
});

Deno.test("trackAnswer() ends when a permission waits, and goes on afterwards", () => {
  const story = new Story();
  const before = story.session;
  story.prompt("sent").text("let me").status({ status: "waiting_permission", permissions: ["x"] });
  let state = startAnswer(before, "p");
  let end: AnswerEnd | undefined;
  for (const told of story.told) ({ state, end } = trackAnswer(state, toMessage(told)));
  assertEquals(end, { kind: "permission" });
  const more = new Story({ ...story.session }).status({ status: "active", permissions: [] });
  for (const told of more.told) ({ state, end } = trackAnswer(state, toMessage(told)));
  assertEquals(end, undefined);
});

Deno.test("trackAnswer() ends when a permission of the turn before waits", () => {
  assertEquals(tell(() => {}, { status: "waiting_permission", permissions: ["x"] }).end, { kind: "permission" });
});

Deno.test("trackAnswer() fails when the session stops, and not because it was stopped before", () => {
  const exit = { code: 1, reason: "exit code 1" };
  assertEquals(tell((story) => story.prompt("sent").status({ status: "error", exit })).end, {
    kind: "failed",
    reason: "the session has stopped (exit code 1)",
  });
  const resumed = tell(
    (story) => {
      story.prompt("queued").status({ status: "stopped" }).status({ status: "starting" }).status({ status: "idle" });
      story.prompt("sent").text("hi").result();
    },
    { status: "stopped" },
  );
  assertEquals([resumed.text, resumed.end], ["hi", ANSWERED]);
  const failed = tell((story) => story.prompt("queued").status({ status: "starting" }).status({ status: "error" }), {
    status: "stopped",
  });
  assertEquals(failed.end, { kind: "failed", reason: "the session has stopped; the prompt waits in its queue" });
});

Deno.test("trackAnswer() fails when the agent dies, although its prompt is done", () => {
  const error = "the agent ended: exit code 3";
  for (const status of ["idle", "error"] as const) {
    const died = tell((story) => story.prompt("sent").prompt("done").status({ status: "error", error }), { status });
    assertEquals(died.end, { kind: "failed", reason: `the session has stopped (${error})` });
  }
});

Deno.test("trackAnswer() sees the events before a stop that it is told of first", () => {
  const story = new Story({ status: "active" });
  const before = story.session;
  story.prompt("sent").text("hi").result().status({ status: "stopped" });
  const [sent, ...rest] = story.told.map(toMessage);
  const late = follow(before, [sent!, snapshot(story.session), ...rest]);
  assertEquals([late.text, late.end], ["hi", ANSWERED]);
});

Deno.test("trackAnswer() fails when the session is removed", () => {
  const removed = (session: string): FollowMessage => ({ type: "removed", session });
  assertEquals(follow(testSession({ id: "s" }), [removed("x")]).end, undefined);
  assertEquals(follow(testSession({ id: "s" }), [removed("s")]).end?.kind, "failed");
  const { type, ...empty } = snapshot(testSession()) as Extract<FollowMessage, { type: "snapshot" }>;
  assertEquals(follow(testSession({ id: "s" }), [{ type, ...empty, sessions: [] }]).end?.kind, "failed");
});

Deno.test("trackAnswer() waits again when the agent ended before it had the prompt", () => {
  const { text, end } = tell((story) =>
    story.prompt("sent").prompt("returned").prompt("sent", "other").text("other").result().prompt("sent").text("ours")
      .result()
  );
  assertEquals([text, end], ["ours", ANSWERED]);
});

Deno.test("trackAnswer() takes what an agent had said before it ended from its transcript", () => {
  const { text, end } = tell((story) =>
    story.prompt("sent").deltas("one ").prompt("returned").status({ status: "starting" }).text("one two").prompt("done")
      .status({ status: "idle" })
  );
  assertEquals([text, end], ["one two", ANSWERED]);
});

Deno.test("trackAnswer() ignores an event that it has seen", () => {
  const story = new Story();
  const before = story.session;
  story.prompt("sent").text("hi").result();
  const [sent, text, result] = story.told.map(toMessage);
  assertEquals(follow(before, [sent!, text!, sent!, text!, result!]).text, "hi");
});

Deno.test("trackAnswer() prints a text again when deltas in its middle were lost unnoticed", () => {
  const { text, again } = tell((story) => story.prompt("sent").deltas("a", "c").text("abc").result());
  assertEquals([text, again], ["acabc", 1]);
});

Deno.test("trackAnswer() takes deltas of the next block before the event of this one", () => {
  const { text, again } = tell((story) => story.prompt("sent").deltas("ab", "cd").text("ab").text("cdef").result());
  assertEquals([text, again], ["abcdef", 0]);
});

Deno.test("trackAnswer() splits no character", () => {
  const story = new Story();
  const before = story.session;
  story.prompt("sent").deltas("a\ud83d").deltas("\ude00b");
  let state = startAnswer(before, "p");
  const output = story.told.flatMap((told) => {
    const step = trackAnswer(state, toMessage(told));
    state = step.state;
    return step.output.map(({ text }) => text);
  });
  assertEquals(output, ["a", "😀b"]);
});

/** Cuts a text into pieces at random. */
function pieces(text: string, random: () => number): string[] {
  const all: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = 1 + Math.floor(random() * 4);
    all.push(text.slice(at, at + length));
    at += length;
  }
  return all;
}

/** A story of some turns, with ours among them, and the text of our answer. */
function randomStory(random: () => number) {
  const story = new Story({ status: pick(random, ["idle", "active", "stopped"] as const) });
  const before = story.session;
  const answers: string[] = [];
  const turn = (promptId: string) => {
    story.status({ status: "active" }).prompt("sent", promptId);
    const count = Math.floor(random() * 4);
    for (let i = 0; i < count; i++) {
      const text = pick(random, ["aaaa", "aaaaaaaa", "I", "I will", "I will see 😀", "a longer text that ends\n"]);
      if (random() < 0.3) story.event("assistant", { message: { content: [{ type: "thinking", thinking: "x" }] } });
      story.deltas(...pieces(text, random)).text(text);
      if (random() < 0.3) story.event("user", { message: { content: [] } });
      if (promptId === "p") answers.push(text);
    }
    story.result().prompt("done", promptId).status({ status: "idle" });
  };
  story.prompt("queued");
  if (random() < 0.5) turn("other");
  turn("p");
  const expected = answers.map((text, i) => i < answers.length - 1 && !text.endsWith("\n") ? `${text}\n` : text).join(
    "",
  );
  return { before, told: story.told, expected };
}

/** The text in progress after the first messages, as far as a hub knows it that began at one of them. */
function partialAt(told: readonly Told[], end: number, begin: number): string {
  let partial = "";
  for (const each of told.slice(begin, end)) {
    if (each.kind === "delta") partial += each.text;
    else if (each.kind === "event" && each.event.type !== "user") partial = "";
  }
  return partial;
}

/** What a client receives that loses deltas and connections, from a hub that may be killed. */
function* unreliable(told: readonly Told[], before: Session, random: () => number): Generator<FollowMessage> {
  const sessionAt = (end: number) => {
    let session = before;
    for (const each of told.slice(0, end)) {
      session = each.kind === "session"
        ? each.session
        : each.kind === "event"
        ? { ...session, last_event: each.event.id }
        : session;
    }
    return session;
  };
  let isLagging = false;
  let hubBegan = 0;
  for (let at = 0; at < told.length;) {
    if (random() < 0.05) {
      const back = Math.min(told.length, at + Math.floor(random() * 12));
      if (random() < 0.5) hubBegan = back;
      yield snapshot(sessionAt(back), partialAt(told, back, hubBegan));
      for (const each of told.slice(at, back)) if (each.kind === "event") yield toMessage(each);
      at = back;
      isLagging = false;
      continue;
    }
    const each = told[at++]!;
    if (each.kind === "delta" && random() < 0.05) isLagging = true;
    if (each.kind === "event") isLagging = false;
    if (each.kind !== "delta" || !isLagging) yield toMessage(each);
  }
  // The last message may have been lost with a connection.
  yield { type: "session", session: sessionAt(told.length) };
}

Deno.test("trackAnswer() prints exactly the stored text over lost deltas, connections and hubs", () => {
  for (let seed = 0; seed < 3_000; seed++) {
    const random = seededRandom(seed);
    const { before, told, expected } = randomStory(random);
    const { text, end, again } = follow(before, [...unreliable(told, before, random)]);
    assertEquals({ text, end, again }, { text: expected, end: ANSWERED, again: 0 }, `seed ${seed}`);
  }
});

Deno.test("trackAnswer() goes on with deltas after a new connection", () => {
  const story = new Story({ status: "active" });
  const before = story.session;
  story.prompt("sent").deltas("one ");
  const messages = story.told.map(toMessage);
  const delta: FollowMessage = { type: "delta", session: "s", text: "three" };
  const { text } = follow(before, [...messages, snapshot(story.session, "one two "), delta]);
  assert(text === "one two three", text);
});

Deno.test("trackAnswer() prints no delta before it has seen the events of the time without a connection", () => {
  const story = new Story({ status: "active" });
  const before = story.session;
  story.prompt("sent").deltas("I");
  const messages = story.told.map(toMessage);
  const missed = new Story(story.session).text("I");
  const delta: FollowMessage = { type: "delta", session: "s", text: " see" };
  const rest = new Story(missed.session).text("I will see").result().told.map(toMessage);
  const reconnected = [snapshot(missed.session, "I will"), delta, ...missed.told.map(toMessage), delta, ...rest];
  const { text, again } = follow(before, [...messages, ...reconnected]);
  assertEquals([text, again], ["I\nI will see", 0]);
});
