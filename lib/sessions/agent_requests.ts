/**
 * The requests to an agent that it has not answered yet.
 *
 * @module
 */

import { SessionError } from "./session_error.ts";

/** What the agent responds to a request. */
export type AgentResponse = Readonly<Record<string, unknown>> | undefined;

/** How a request ends. */
export type AgentAnswer = { readonly response: AgentResponse } | { readonly refusal: string };

/** See the module comment. */
export class AgentRequests {
  readonly #pending = new Map<string, (answer: AgentAnswer) => void>();

  /**
   * Adds a request that was sent.
   *
   * @returns The response.
   * @throws {SessionError} If the agent refuses, or ends.
   */
  async add(id: string): Promise<AgentResponse> {
    const { promise, resolve } = Promise.withResolvers<AgentAnswer>();
    this.#pending.set(id, resolve);
    const answer = await promise;
    if ("refusal" in answer) throw new SessionError("conflict", answer.refusal);
    return answer.response;
  }

  /** Removes a request that the agent has answered; returns what ends it, `undefined` if there is no such request. */
  take(id: string): ((answer: AgentAnswer) => void) | undefined {
    const settle = this.#pending.get(id);
    this.#pending.delete(id);
    return settle;
  }

  /** Ends all requests: the agent answers nothing any more. */
  refuseAll(reason: string): void {
    for (const settle of this.#pending.values()) settle({ refusal: reason });
    this.#pending.clear();
  }
}
