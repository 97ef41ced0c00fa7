import { assert, assertEquals } from "@std/assert";
import {
  deadlineOf,
  isLive,
  NEW_SESSION,
  type SessionEffect,
  type SessionInput,
  type SessionState,
} from "../../lib/sessions/state.ts";
import { step } from "../../lib/sessions/state_machine.ts";
import { seededRandom } from "../helpers/random.ts";

/** Applies inputs one after the other; returns the last state and the effects of all. */
function run(...inputs: SessionInput[]): { state: SessionState; effects: SessionEffect[] } {
  let state = NEW_SESSION;
  const effects: SessionEffect[] = [];
  for (const input of inputs) {
    const next = step(state, input);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

const START: SessionInput = { type: "start" };
const READY: SessionInput = { type: "ready" };
const RESULT: SessionInput = { type: "result", isTaskNotification: false };
const EXIT: SessionInput = { type: "exited", isFailure: false, wasTaken: true };
const prompt = (id: string): SessionInput => ({ type: "prompt", id });
const types = (effects: readonly SessionEffect[]) => effects.map(({ type }) => type);

Deno.test("step() launches the agent when a session starts, and is idle when the agent is ready", () => {
  const { state, effects } = run(START, READY);
  assertEquals([state.status, types(effects)], ["idle", ["launch"]]);
});

Deno.test("step() sends one prompt at a time, in order", () => {
  const { state, effects } = run(START, READY, prompt("a"), prompt("b"), prompt("c"), RESULT, RESULT);
  assertEquals(effects.filter(({ type }) => type === "send_prompt"), [
    { type: "send_prompt", id: "a" },
    { type: "send_prompt", id: "b" },
    { type: "send_prompt", id: "c" },
  ]);
  assertEquals([state.current, state.queue, state.status], ["c", [], "active"]);
});

Deno.test("step() keeps prompts that come before the agent is ready", () => {
  const { state, effects } = run(prompt("a"), START, prompt("b"), READY);
  assertEquals([state.current, state.queue], ["a", ["b"]]);
  assertEquals(types(effects), ["launch", "send_prompt"]);
});

Deno.test("step() does not end a prompt when a turn of the agent's own ends", () => {
  const { state } = run(START, READY, prompt("a"), { type: "result", isTaskNotification: true });
  assertEquals([state.current, state.status], ["a", "active"]);
});

Deno.test("step() is active during a turn of the agent's own, and goes on with the queue after it", () => {
  const during = run(START, READY, { type: "turn_started" }, prompt("a"));
  assertEquals([during.state.status, during.state.queue], ["active", ["a"]]);
  const { state } = step(during.state, { type: "result", isTaskNotification: true });
  assertEquals([state.status, state.current], ["active", "a"]);
});

Deno.test("step() ends a prompt that another turn absorbed, and is idle when that turn is over", () => {
  const { state } = run(START, READY, prompt("a"), { type: "lifecycle", id: "a", state: "completed" });
  assertEquals([state.current, state.status], [null, "active"]);
  assertEquals(step(state, { type: "agent_state", state: "idle" }).state.status, "idle");
});

Deno.test("step() ignores the lifecycle and the idle state that follow the result of a former prompt", () => {
  const { state } = run(
    ...[START, READY, prompt("a"), prompt("b"), RESULT],
    { type: "lifecycle", id: "a", state: "completed" },
    { type: "agent_state", state: "idle" },
  );
  assertEquals([state.current, state.status], ["b", "active"]);
});

Deno.test("step() waits for every permission", () => {
  const asked = run(START, READY, prompt("a"), { type: "asked", id: "p" }, { type: "asked", id: "q" });
  assertEquals([asked.state.status, asked.state.asked], ["waiting_permission", ["p", "q"]]);
  const one = step(asked.state, { type: "answered", id: "p" });
  assertEquals([one.state.status, one.effects], ["waiting_permission", []]);
  const both = step(one.state, { type: "cancelled", id: "q" });
  assertEquals([both.state.status, both.effects], ["active", [{ type: "permission_cancelled", id: "q" }]]);
});

Deno.test("step() stops an idle agent by the end of its stdin, then by signals", () => {
  let { state } = run(START, READY, { type: "stop" });
  const steps: string[] = [];
  for (let i = 0; i < 3; i++) {
    steps.push(state.ending!.step);
    const next = step(state, { type: "deadline" });
    steps.push(...types(next.effects));
    state = next.state;
  }
  assertEquals(steps, ["close_stdin", "terminate", "terminate", "kill", "kill", "kill"]);
  assertEquals(step(state, { type: "exited", isFailure: true, wasTaken: true }).state.status, "stopped");
});

Deno.test("step() interrupts a turn before it stops the agent", () => {
  const { state, effects } = run(START, READY, prompt("a"), { type: "stop" });
  assertEquals(types(effects).at(-1), "send_interrupt");
  const next = step(state, RESULT);
  assertEquals(types(next.effects), ["prompt_done", "close_stdin"]);
  assertEquals(step(next.state, EXIT).state.status, "stopped");
});

Deno.test("step() keeps the queue when a session stops, and goes on with it when it starts again", () => {
  const stopped = run(START, READY, prompt("a"), prompt("b"), { type: "kill" }, EXIT);
  assertEquals([stopped.state.status, stopped.state.queue], ["stopped", ["b"]]);
  const again = step(step(stopped.state, START).state, READY);
  assertEquals(again.effects, [{ type: "send_prompt", id: "b" }]);
});

Deno.test("step() returns a prompt to the queue when the agent ended before it took it", () => {
  const { state, effects } = run(START, READY, prompt("a"), prompt("b"), {
    type: "exited",
    isFailure: true,
    wasTaken: false,
  });
  assertEquals([state.status, state.queue, state.current], ["error", ["a", "b"], null]);
  assertEquals(effects.at(-1), { type: "prompt_returned", id: "a" });
});

Deno.test("step() opens a terminal once the agent has ended, and starts the agent when the terminal is closed", () => {
  const ended = run(START, READY, { type: "attach" }, EXIT);
  assertEquals([ended.state.mode, types(ended.effects)], ["subprocess", ["launch", "close_stdin", "open_terminal"]]);
  const opened = step(ended.state, { type: "terminal_opened" }).state;
  assertEquals([opened.mode, opened.status], ["interactive", "active"]);
  const closed = step(step(opened, prompt("a")).state, { type: "terminal_closed" });
  assertEquals([closed.state.mode, closed.state.status, types(closed.effects)], ["subprocess", "starting", ["launch"]]);
  assertEquals(step(closed.state, READY).effects, [{ type: "send_prompt", id: "a" }]);
});

Deno.test("step() starts the agent again when a terminal cannot be opened", () => {
  const { state, effects } = run(START, READY, { type: "attach" }, EXIT, { type: "terminal_failed" });
  assertEquals([state.status, state.mode, types(effects).at(-1)], ["starting", "subprocess", "launch"]);
});

Deno.test("step() closes the terminal when an interactive session is stopped", () => {
  const opened = run(START, READY, { type: "attach" }, EXIT, { type: "terminal_opened" }, { type: "stop" });
  assertEquals(opened.effects.at(-1), { type: "close_terminal" });
  assertEquals(step(opened.state, { type: "terminal_closed" }).state.status, "stopped");
});

Deno.test("step() remembers that a terminal is being left, and whether the session is to be stopped then", () => {
  const leaving = run(START, READY, { type: "attach" }, EXIT, { type: "terminal_opened" }, { type: "detach" });
  assertEquals(leaving.state.ending, { step: "close_stdin", then: "interactive" });
  assertEquals(step(leaving.state, { type: "detach" }), { state: leaving.state, effects: [] });
  assertEquals(types(step(leaving.state, { type: "terminal_closed" }).effects), ["launch"]);
  const stopping = step(leaving.state, { type: "stop" }).state;
  assertEquals(step(stopping, { type: "detach" }).state, stopping);
  assertEquals(step(stopping, { type: "terminal_closed" }).state.status, "stopped");
});

Deno.test("step() holds the queue back until a person goes on", () => {
  const { state } = run(START, READY, prompt("a"), prompt("b"), { type: "hold" }, RESULT);
  assertEquals([state.status, state.queue], ["idle", ["b"]]);
  assertEquals(step(state, prompt("c")).effects, [{ type: "send_prompt", id: "b" }]);
});

Deno.test("deadlineOf() limits the start and each step of the end, and nothing else", () => {
  const keys = (...inputs: SessionInput[]) => deadlineOf(run(...inputs).state)?.key;
  assertEquals(keys(), undefined);
  assertEquals(keys(START), "start");
  assertEquals(keys(START, READY), undefined);
  assertEquals(keys(START, READY, { type: "stop" }), "stopped close_stdin");
  assertEquals(keys(START, READY, { type: "kill" }), "stopped kill");
});

/** A model of what may be asked of the state machine, with what it must have done so far. */
class Model {
  state = NEW_SESSION;
  readonly waiting: string[] = [];
  inFlight: string | undefined;
  readonly over = new Set<string>();
  readonly openQuestions = new Set<string>();
  #next = 0;

  input(random: () => number): SessionInput {
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const any = () => pick([...this.waiting, this.inFlight ?? "x", "x", ...this.over]);
    const question = () => pick([...this.openQuestions, "x"]);
    const inputs: (() => SessionInput)[] = [
      () => START,
      () => READY,
      () => ({ type: "start_failed", reason: "x" }),
      () => prompt(`prompt ${this.#next++}`),
      () => prompt(`prompt ${this.#next++}`),
      () => ({ type: "prompt_removed", id: any() }),
      () => ({ type: "prompt_moved", id: any(), position: Math.floor(random() * 3) }),
      () => ({ type: "turn_started" }),
      () => RESULT,
      () => RESULT,
      () => ({ type: "result", isTaskNotification: true }),
      () => ({ type: "lifecycle", id: any(), state: pick(["queued", "started", "completed", "cancelled"]) }),
      () => ({ type: "agent_state", state: pick(["running", "idle", "requires_action"]) }),
      () => ({ type: "asked", id: `question ${this.#next++}` }),
      () => ({ type: "answered", id: question() }),
      () => ({ type: "cancelled", id: question() }),
      () => ({ type: "interrupt" }),
      () => ({ type: "hold" }),
      () => ({ type: "stop" }),
      () => ({ type: "kill" }),
      () => ({ type: "attach" }),
      () => ({ type: "detach" }),
      () => ({ type: "terminal_opened" }),
      () => ({ type: "terminal_failed" }),
      () => ({ type: "terminal_closed" }),
      () => ({ type: "deadline" }),
      () => ({ type: "exited", isFailure: random() < 0.5, wasTaken: random() < 0.5 }),
      () => ({ type: "lost", wasTaken: random() < 0.5 }),
    ];
    return pick(inputs)();
  }

  apply(input: SessionInput): void {
    const before = this.state;
    const { state, effects } = step(before, input);
    this.state = state;
    if (input.type === "prompt") this.waiting.push(input.id);
    if (input.type === "prompt_removed" && this.waiting.includes(input.id)) this.#leave(input.id);
    if (input.type === "prompt_moved" && this.waiting.includes(input.id)) {
      this.waiting.splice(this.waiting.indexOf(input.id), 1);
      this.waiting.splice(input.position, 0, input.id);
    }
    if (input.type === "asked" && isLive(before)) this.openQuestions.add(input.id);
    if (input.type === "answered" && before.asked.includes(input.id)) this.openQuestions.delete(input.id);
    if (!isLive(before) && input.type !== "start") assertEquals(effects, [], "an effect after the end");
    for (const effect of effects) this.#check(effect);
    this.#checkState();
  }

  #leave(id: string): void {
    this.waiting.splice(this.waiting.indexOf(id), 1);
    this.over.add(id);
  }

  #check(effect: SessionEffect): void {
    switch (effect.type) {
      case "send_prompt":
        assertEquals(this.inFlight, undefined, "two prompts in flight");
        assertEquals(effect.id, this.waiting.shift(), "out of order");
        assert(!this.over.has(effect.id), "a prompt was sent twice");
        this.inFlight = effect.id;
        return;
      case "prompt_done":
        assertEquals(effect.id, this.inFlight);
        this.over.add(effect.id);
        this.inFlight = undefined;
        return;
      case "prompt_returned":
        assertEquals(effect.id, this.inFlight);
        this.waiting.unshift(effect.id);
        this.inFlight = undefined;
        return;
      case "permission_cancelled":
        assert(this.openQuestions.delete(effect.id), "a question ended twice");
    }
  }

  #checkState(): void {
    const { status, mode, queue, current, asked, ending } = this.state;
    assertEquals(queue, this.waiting);
    assertEquals(current ?? undefined, this.inFlight);
    assertEquals(new Set(asked), this.openQuestions);
    assertEquals(asked.length > 0, status === "waiting_permission");
    if (mode === "interactive") assertEquals([status, current], ["active", null]);
    if (!isLive(this.state)) assertEquals([mode, ending, current], ["subprocess", null, null]);
    if (status === "idle") assertEquals([current, this.state.isOwnTurn], [null, false]);
    const isReady = status === "idle" && ending === null && !this.state.isHeld;
    if (isReady) assertEquals(queue, [], "a prompt waits for nothing");
    assertEquals(JSON.parse(JSON.stringify(this.state)), this.state);
  }
}

Deno.test("step() loses, doubles and reorders nothing in 100,000 random sequences", () => {
  for (let seed = 1; seed <= 100_000; seed++) {
    const random = seededRandom(seed);
    const model = new Model();
    const inputs: SessionInput[] = [];
    try {
      for (let i = 0; i < 24; i++) {
        const input = i === 0 ? START : model.input(random);
        inputs.push(input);
        model.apply(input);
      }
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(inputs)}`, { cause: error });
    }
  }
});
