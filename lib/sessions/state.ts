/**
 * The states of a session, what happens to it, and what is to be done then.
 *
 * @module
 */

import type { SessionMode, SessionStatus } from "./types.ts";

/** How long an agent may take to get ready, in milliseconds. */
const START_MS = 60_000;
/** How long a killed agent may take to be gone before it is looked for, in milliseconds. */
const KILL_MS = 10_000;
/** How long each step of stopping an agent may take before the next one, in milliseconds. */
const STOP_STEP_MS = 5_000;

/** The steps of stopping an agent, each milder than the next; then, where it goes on in a terminal, opening that. */
export type EndingStep = "interrupt" | "close_stdin" | "terminate" | "kill" | "open_terminal";

/** An agent that is being stopped. */
export interface Ending {
  /** The step that was taken last. */
  readonly step: EndingStep;
  /** What follows: the session is stopped, or goes on in a terminal. */
  readonly then: "stopped" | "interactive";
}

/** The state of a session. It is plain JSON. */
export interface SessionState {
  /** What the session is doing. */
  readonly status: SessionStatus;
  /** Who talks to the agent. */
  readonly mode: SessionMode;
  /** The ids of the prompts that wait, in order. */
  readonly queue: readonly string[];
  /** The id of the prompt that the agent works on. */
  readonly current: string | null;
  /** Whether the agent works on something that no prompt of the queue started. */
  readonly isOwnTurn: boolean;
  /** The ids of the permissions that wait for a person, the oldest first. */
  readonly asked: readonly string[];
  /** How far the agent's end has come, if it was requested. */
  readonly ending: Ending | null;
  /** Whether the queue waits until a person goes on, because the session has cost as much as it may. */
  readonly isHeld: boolean;
}

/** What happens to a session. */
export type SessionInput =
  | { readonly type: "start" }
  /** The agent has answered `initialize`. */
  | { readonly type: "ready" }
  /** The agent has refused `initialize`. */
  | { readonly type: "refused" }
  /** The agent could not be started. */
  | { readonly type: "start_failed"; readonly reason: string }
  | { readonly type: "prompt"; readonly id: string }
  | { readonly type: "prompt_removed"; readonly id: string }
  /** The position counts from 0. */
  | { readonly type: "prompt_moved"; readonly id: string; readonly position: number }
  /** The agent began a turn. */
  | { readonly type: "turn_started" }
  /** The agent ended a turn. */
  | { readonly type: "result"; readonly isTaskNotification: boolean }
  /** The agent reported what became of a prompt. */
  | { readonly type: "lifecycle"; readonly id: string; readonly state: string }
  /** The agent reported its own state. */
  | { readonly type: "agent_state"; readonly state: string }
  /** The agent asks for a permission that a person has to answer. */
  | { readonly type: "asked"; readonly id: string }
  | { readonly type: "answered"; readonly id: string }
  /** The agent took a question back. */
  | { readonly type: "cancelled"; readonly id: string }
  | { readonly type: "interrupt" }
  | { readonly type: "hold" }
  | { readonly type: "stop" }
  | { readonly type: "kill" }
  | { readonly type: "attach" }
  | { readonly type: "detach" }
  | { readonly type: "terminal_opened" }
  /** The terminal could not be opened. */
  | { readonly type: "terminal_failed" }
  /** The program in the terminal has ended. */
  | { readonly type: "terminal_closed" }
  /** The time of {@linkcode deadlineOf} is over. */
  | { readonly type: "deadline" }
  /** The agent's process has ended. `wasTaken`: whether the transcript has the prompt that it worked on. */
  | { readonly type: "exited"; readonly isFailure: boolean; readonly wasTaken: boolean }
  /** The agent's process is gone with its daemon. */
  | { readonly type: "lost"; readonly wasTaken: boolean };

/** What to do after a transition. */
export type SessionEffect =
  /** Start the agent and send `initialize`. */
  | { readonly type: "launch" }
  | { readonly type: "send_prompt"; readonly id: string }
  | { readonly type: "send_interrupt" }
  | { readonly type: "close_stdin" }
  | { readonly type: "terminate" }
  /** Kill the agent and all its descendants. */
  | { readonly type: "kill" }
  | { readonly type: "open_terminal" }
  /** End the program in the terminal, gently or not. */
  | { readonly type: "close_terminal" }
  /** The prompt is over. */
  | { readonly type: "prompt_done"; readonly id: string }
  /** The prompt never reached the agent and is the first in the queue again. */
  | { readonly type: "prompt_returned"; readonly id: string }
  /** The question is over without an answer. */
  | { readonly type: "permission_cancelled"; readonly id: string };

/** The result of a transition. */
export interface Transition {
  /** The next state; the same object if nothing changed. */
  readonly state: SessionState;
  /** What to do, in order. */
  readonly effects: readonly SessionEffect[];
}

/** The state of a session before its first start. */
export const NEW_SESSION: SessionState = {
  status: "stopped",
  mode: "subprocess",
  queue: [],
  current: null,
  isOwnTurn: false,
  asked: [],
  ending: null,
  isHeld: false,
};

/** Whether an agent runs, or is about to. */
export function isLive({ status }: SessionState): boolean {
  return status !== "stopped" && status !== "error";
}

/** A time limit of a state. */
export interface Deadline {
  /** Identifies what is waited for: the limit starts anew when it changes. */
  readonly key: string;
  /** How long to wait from then on, in milliseconds. */
  readonly ms: number;
}

/** Returns the time limit of a state, after which the input `deadline` is due. */
export function deadlineOf({ status, mode, ending }: SessionState): Deadline | undefined {
  if (ending !== null) {
    if (ending.step === "open_terminal" || mode === "interactive") return undefined;
    return { key: `${ending.then} ${ending.step}`, ms: ending.step === "kill" ? KILL_MS : STOP_STEP_MS };
  }
  return status === "starting" ? { key: "start", ms: START_MS } : undefined;
}
