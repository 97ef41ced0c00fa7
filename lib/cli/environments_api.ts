/**
 * The vendor's list of environments, over HTTP. The vendor does not document it, so that it may change at any time: the
 * addresses, the header and the fields are what other programs were seen to use.
 *
 * @module
 */

import type { Login } from "../claude_home/login.ts";
import { parseEnvironment, type ServerEnvironment } from "../remote/reaper.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { tryParseJson } from "../system/json_object.ts";

/** The server cannot be reached, or refuses a request; the message does not contain the login. */
export class EnvironmentsError extends ClaustrumError {}

/** How long the server may take, in milliseconds. */
const TIMEOUT_MS = 30_000;
/** How many environments are asked for at a time. */
const PAGE_SIZE = 100;
/** More pages than this have only a server that repeats itself. */
const MAX_PAGES = 100;
/** The largest answer, in bytes. */
const MAX_BYTES = 8 << 20;
const HEADERS = { "anthropic-version": "2023-06-01", "anthropic-beta": "managed-agents-2026-04-01" };

/** What the server has. */
export interface ListedEnvironments {
  /** The environments. */
  readonly environments: readonly ServerEnvironment[];
  /** How many more there are, that are not as expected. */
  readonly others: number;
}

/** A client of the list. */
export class EnvironmentsApi {
  readonly #base: string;
  readonly #login: Login;

  /** @param base The address of the server. */
  constructor(base: string, login: Login) {
    this.#base = base.replace(/\/+$/, "");
    this.#login = login;
  }

  /**
   * Returns all environments of the account.
   *
   * @throws {EnvironmentsError} If not all of them can be had.
   */
  async list(): Promise<ListedEnvironments> {
    const environments: ServerEnvironment[] = [];
    let others = 0;
    let after: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { data, next } = await this.#page(after);
      for (const item of data) {
        const environment = parseEnvironment(item);
        if (environment === undefined) others++;
        else environments.push(environment);
      }
      if (next === undefined) return { environments, others };
      after = next;
    }
    throw new EnvironmentsError(`${this.#base} has more than ${MAX_PAGES} pages of environments, or repeats itself`);
  }

  /**
   * Puts an environment away; the vendor can bring it back.
   *
   * @throws {EnvironmentsError} If the server refuses.
   */
  async archive(id: string): Promise<void> {
    await this.#request("POST", `/v1/environments/${encodeURIComponent(id)}/archive`);
  }

  /**
   * Removes an environment for good. One that has work in its queue is refused.
   *
   * @throws {EnvironmentsError} If the server refuses.
   */
  async delete(id: string): Promise<void> {
    await this.#request("DELETE", `/v1/environments/${encodeURIComponent(id)}`);
  }

  async #page(after: string | undefined): Promise<{ readonly data: readonly unknown[]; readonly next?: string }> {
    const query = after === undefined ? "" : `&after_id=${encodeURIComponent(after)}`;
    const answer = tryParseJson(await this.#request("GET", `/v1/environments?limit=${PAGE_SIZE}${query}`));
    const { data, next_page: next } = isPage(answer) ? answer : {};
    if (!Array.isArray(data)) throw new EnvironmentsError(`${this.#base} does not answer with a list of environments`);
    return typeof next === "string" && next !== "" ? { data, next } : { data };
  }

  /** Redirects are not followed: they would lead the login elsewhere. */
  async #request(method: string, path: string): Promise<string> {
    const headers = {
      ...HEADERS,
      "authorization": `Bearer ${this.#login.token}`,
      "x-organization-uuid": this.#login.organization,
      "content-type": "application/json",
    };
    const init: RequestInit = { method, headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) };
    try {
      const response = await fetch(this.#base + path, init);
      const text = await readText(response);
      if (response.ok && text !== undefined) return text;
      throw new EnvironmentsError(
        `${this.#base} ${text === undefined ? "answers too much" : refusal(response.status)}`,
      );
    } catch (error) {
      if (error instanceof EnvironmentsError) throw error;
      // The runtime's errors name the address with the environment's id, which is like a password.
      if (error instanceof DOMException) throw new EnvironmentsError(`${this.#base} did not answer in time`);
      if (error instanceof TypeError) throw new EnvironmentsError(`${this.#base} cannot be reached`);
      throw error;
    }
  }
}

interface Page {
  readonly data?: unknown;
  readonly next_page?: unknown;
}

function isPage(value: unknown): value is Page {
  return typeof value === "object" && value !== null;
}

function refusal(status: number): string {
  const reasons: Readonly<Record<number, string>> = {
    401: "does not accept the login: sign in again with claude auth login",
    403: "does not let this login do that",
    404: "knows no such environment, or has changed",
    409: "refuses, because the environment still has work to do: --archive lets it end",
    429: "has had too many requests: try again later",
  };
  if (status >= 300 && status < 400) return `answers with a redirect (${status}): see that reaper.base_url is right`;
  return `${reasons[status] ?? "refuses"} (${status})`;
}

/** Returns `undefined` if there is more than a server would send. */
async function readText(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let [text, size] = ["", 0];
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
