/**
 * The state machine of a session: a pure function of a state and an input, which returns the next state and what to do.
 * It knows prompts and permissions by their ids only.
 *
 * @module
 */

import {
  type Ending,
  type EndingStep,
  isLive,
  type SessionEffect,
  type SessionInput,
  type SessionState,
  type Transition,
} from "./state.ts";

/**
 * Applies an input. Inputs that mean nothing in a state change nothing, because the agent and people are not in step.
 */
export function step(state: SessionState, input: SessionInput): Transition {
  const machine = new Machine(state);
  machine.apply(input);
  return { state: machine.state, effects: machine.effects };
}

/** One transition in progress. */
class Machine {
  state: SessionState;
  readonly effects: SessionEffect[] = [];

  constructor(state: SessionState) {
    this.state = state;
  }

  apply(input: SessionInput): void {
    switch (input.type) {
      case "prompt":
        return this.#addPrompt(input.id);
      case "prompt_removed":
        return this.#set({ queue: this.state.queue.filter((id) => id !== input.id) });
      case "prompt_moved":
        return this.#movePrompt(input.id, input.position);
      case "start":
        return this.#start();
      case "stop":
        return this.#end("stopped");
      case "kill":
        return this.#kill();
      default:
        if (isLive(this.state)) this.#applyLive(input);
    }
  }

  #applyLive(input: SessionInput): void {
    switch (input.type) {
      case "ready":
        return this.#noteReady();
      case "refused":
        // Its end is the failure.
        return this.state.status === "starting" && this.#isTalking() ? this.#do({ type: "kill" }) : undefined;
      case "start_failed":
        return this.#stop(this.state.ending === null, false);
      case "turn_started":
        return this.#noteTurn();
      case "result":
        return this.#endTurn(input.isTaskNotification);
      case "lifecycle":
        return this.#noteLifecycle(input.id, input.state);
      case "agent_state":
        return this.#noteAgentState(input.state);
      case "asked":
        return this.#ask(input.id);
      case "answered":
      case "cancelled":
        return this.#settle(input.id, input.type === "cancelled");
      case "interrupt":
        return this.#isBusy() && this.#isTalking() ? this.#do({ type: "send_interrupt" }) : undefined;
      case "hold":
        return this.#set({ isHeld: true });
      case "attach":
        return this.#attach();
      case "detach":
        return this.#isInTerminal() ? this.#end("interactive") : undefined;
      case "terminal_opened":
        return this.#noteTerminal();
      case "terminal_failed":
        return this.#noteNoTerminal();
      case "terminal_closed":
        return this.#leaveTerminal();
      case "deadline":
        return this.#passDeadline();
      case "exited":
        return this.#noteExit(input.isFailure, input.wasTaken);
      case "lost":
        return this.#stop(false, input.wasTaken);
    }
  }

  #set(change: Partial<SessionState>): void {
    this.state = { ...this.state, ...change };
  }

  #do(effect: SessionEffect): void {
    this.effects.push(effect);
  }

  /** Whether the hub and the agent talk, and no end was requested. */
  #isTalking(): boolean {
    return this.state.mode === "subprocess" && this.state.ending === null;
  }

  #isBusy(): boolean {
    return this.state.current !== null || this.state.isOwnTurn;
  }

  #isInTerminal(): boolean {
    return this.state.mode === "interactive";
  }

  /** Whether the agent has ended so that a terminal can be opened. */
  #isOpening(): boolean {
    return this.state.ending?.step === "open_terminal";
  }

  #start(): void {
    if (isLive(this.state)) return;
    this.#set({ isHeld: false });
    this.#launch();
  }

  #launch(): void {
    this.#set({ status: "starting", mode: "subprocess", ending: null, isOwnTurn: false });
    this.#do({ type: "launch" });
  }

  #addPrompt(id: string): void {
    this.#set({ queue: [...this.state.queue, id], isHeld: false });
    this.#advance();
  }

  #movePrompt(id: string, position: number): void {
    if (!this.state.queue.includes(id)) return;
    const queue = this.state.queue.filter((one) => one !== id);
    queue.splice(position, 0, id);
    this.#set({ queue });
  }

  #noteReady(): void {
    if (this.state.status !== "starting" || !this.#isTalking()) return;
    this.#set({ status: "idle" });
    this.#advance();
  }

  /** Sends the next prompt if the agent waits for one. */
  #advance(): void {
    if (this.state.status !== "idle" || !this.#isTalking() || this.state.isHeld) return;
    const [next, ...queue] = this.state.queue;
    if (next === undefined) return;
    this.#set({ queue, current: next, status: "active" });
    this.#do({ type: "send_prompt", id: next });
  }

  #noteTurn(): void {
    if (this.state.status === "idle" && this.#isTalking()) this.#set({ isOwnTurn: true, status: "active" });
  }

  #endTurn(isTaskNotification: boolean): void {
    if (this.state.status === "starting" || this.#isInTerminal()) return;
    const { current } = this.state;
    this.#set({ isOwnTurn: false });
    // The prompt that was sent while such a turn ran is still to be answered.
    if (isTaskNotification && current !== null) return;
    if (current !== null) this.#finishPrompt(current);
    this.#rest();
  }

  #finishPrompt(id: string): void {
    this.#set({ current: null });
    this.#do({ type: "prompt_done", id });
  }

  /** The agent waits for the next prompt, or for its end. */
  #rest(): void {
    this.#cancelAsked();
    if (this.state.ending?.step === "interrupt") return this.#takeStep("close_stdin");
    if (this.state.ending !== null) return;
    this.#set({ status: "idle" });
    this.#advance();
  }

  #noteLifecycle(id: string, state: string): void {
    if (id !== this.state.current || (state !== "completed" && state !== "cancelled")) return;
    this.#finishPrompt(id);
    // A prompt that a turn of the agent's own absorbed gets no result; that turn goes on. A cancelled one has no turn.
    if (state === "completed") return this.#set({ isOwnTurn: true });
    if (!this.state.isOwnTurn) this.#rest();
  }

  #noteAgentState(state: string): void {
    if (!this.#isTalking()) return;
    if (state === "running") return this.#noteTurn();
    // It may still be about the turn before the current prompt.
    if (state !== "idle" || this.state.current !== null || !this.state.isOwnTurn) return;
    this.#endTurn(false);
  }

  #ask(id: string): void {
    if (this.state.ending !== null || this.state.mode !== "subprocess") {
      return this.#do({ type: "permission_cancelled", id });
    }
    const isOwnTurn = this.state.isOwnTurn || this.state.current === null;
    this.#set({ asked: [...this.state.asked, id], status: "waiting_permission", isOwnTurn });
  }

  #settle(id: string, isCancelled: boolean): void {
    if (!this.state.asked.includes(id)) return;
    const asked = this.state.asked.filter((one) => one !== id);
    this.#set({ asked });
    if (isCancelled) this.#do({ type: "permission_cancelled", id });
    if (asked.length === 0 && this.state.status === "waiting_permission") this.#set({ status: "active" });
  }

  #cancelAsked(): void {
    for (const id of this.state.asked) this.#do({ type: "permission_cancelled", id });
    if (this.state.asked.length > 0) this.#set({ asked: [] });
    if (this.state.status === "waiting_permission") this.#set({ status: "active" });
  }

  #attach(): void {
    if (this.state.status === "idle" && this.#isTalking()) this.#end("interactive");
    else if (this.#isBusy() && this.#isTalking()) this.#end("interactive");
  }

  /** Begins to end the agent, as mildly as it can be. */
  #end(then: Ending["then"]): void {
    if (!isLive(this.state)) return;
    if (this.#isInTerminal()) {
      if (this.state.ending !== null) {
        return then === "stopped" ? this.#set({ ending: { ...this.state.ending, then } }) : undefined;
      }
      this.#set({ ending: { step: "close_stdin", then } });
      return this.#do({ type: "close_terminal" });
    }
    if (this.state.ending !== null) return this.#set({ ending: { ...this.state.ending, then } });
    const isBusy = this.#isBusy();
    this.#cancelAsked();
    this.#set({ ending: { step: isBusy ? "interrupt" : "close_stdin", then } });
    this.#do({ type: isBusy ? "send_interrupt" : "close_stdin" });
  }

  #kill(): void {
    if (!isLive(this.state)) return;
    if (this.#isOpening()) return this.#end("stopped");
    this.#cancelAsked();
    this.#set({ ending: { step: "kill", then: "stopped" } });
    this.#do(this.#isInTerminal() ? { type: "close_terminal" } : { type: "kill" });
  }

  #noteTerminal(): void {
    if (!this.#isOpening()) return;
    const { ending } = this.state;
    this.#set({ mode: "interactive", status: "active", ending: null });
    if (ending?.then === "stopped") this.#end("stopped");
  }

  #noteNoTerminal(): void {
    if (!this.#isOpening()) return;
    if (this.state.ending?.then === "stopped") this.#stop(false, true);
    else this.#launch();
  }

  #takeStep(to: Exclude<EndingStep, "open_terminal">): void {
    const { ending } = this.state;
    if (ending === null) return;
    this.#set({ ending: { ...ending, step: to } });
    this.#do({ type: to === "interrupt" ? "send_interrupt" : to });
  }

  #passDeadline(): void {
    const { ending, status } = this.state;
    if (ending === null) {
      // An agent that does not get ready is ended, which is a failure.
      if (status === "starting") this.#do({ type: "kill" });
      return;
    }
    if (this.#isInTerminal()) return;
    if (ending.step === "interrupt") return this.#takeStep("close_stdin");
    if (ending.step === "close_stdin") return this.#takeStep("terminate");
    // Once more, if it is still there.
    if (ending.step === "terminate" || ending.step === "kill") this.#takeStep("kill");
  }

  #leaveTerminal(): void {
    if (!this.#isInTerminal()) return;
    if (this.state.ending?.then === "stopped") return this.#stop(false, true);
    this.#launch();
  }

  #noteExit(isFailure: boolean, wasTaken: boolean): void {
    if (this.#isInTerminal() || this.#isOpening()) return;
    if (this.state.ending?.then !== "interactive") return this.#stop(isFailure && this.state.ending === null, wasTaken);
    this.#releasePrompt(wasTaken);
    this.#cancelAsked();
    this.#set({ isOwnTurn: false, ending: { step: "open_terminal", then: "interactive" } });
    this.#do({ type: "open_terminal" });
  }

  /** The prompt in flight is over, or returns to the queue if the agent never got it. */
  #releasePrompt(wasTaken: boolean): void {
    const { current, queue } = this.state;
    if (current === null) return;
    if (wasTaken) return this.#finishPrompt(current);
    this.#set({ current: null, queue: [current, ...queue] });
    this.#do({ type: "prompt_returned", id: current });
  }

  #stop(isError: boolean, wasTaken: boolean): void {
    this.#releasePrompt(wasTaken);
    this.#cancelAsked();
    this.#set({ status: isError ? "error" : "stopped", mode: "subprocess", ending: null, isOwnTurn: false });
  }
}
