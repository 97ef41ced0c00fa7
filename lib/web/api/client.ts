/**
 * Calls the operations of the hub.
 *
 * @module
 */

import type { OperationName, OperationParams, OperationResult } from "../../hub/operation_types.ts";
import { ROUTES } from "./routes_generated.ts";

/** The key in the browser's storage of what proves that this page asks. */
const PAGE_KEY = "claustrum.page_key";

/** The hub has refused something; the message is the hub's. */
export class HubProblem extends Error {
  /** The status of the response; 0 if there was none. */
  readonly status: number;
  /** After how many seconds to try again, if waiting helps. */
  readonly retryAfterSeconds: number | undefined;

  /**
   * @param status The status of the response; 0 if there was none.
   * @param message A sentence for the user.
   * @param retryAfterSeconds After how many seconds to try again.
   */
  constructor(status: number, message: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Calls operations. */
export class HubApi {
  readonly #base: string;
  readonly #onSignedOut: () => void;
  readonly #host: string | undefined;

  /**
   * @param base The path below which the hub is reached.
   * @param onSignedOut Called when the hub does not know this browser any more.
   * @param host The host whose hub runs the operations. @default {the hub itself}
   */
  constructor(base: string, onSignedOut: () => void, host?: string) {
    this.#base = base;
    this.#onSignedOut = onSignedOut;
    this.#host = host;
  }

  /** Returns what calls operations on a host. */
  on(host: string): HubApi {
    return new HubApi(this.#base, this.#onSignedOut, host);
  }

  /** What proves that this page asks; `undefined` before the first sign-in. */
  get pageKey(): string | undefined {
    return localStorage.getItem(PAGE_KEY) ?? undefined;
  }

  /** Keeps what the hub returned at sign-in; `undefined` forgets it. */
  setPageKey(key: string | undefined): void {
    if (key === undefined) localStorage.removeItem(PAGE_KEY);
    else localStorage.setItem(PAGE_KEY, key);
  }

  /** The address of a WebSocket of the hub. */
  socketUrl(path: string): string {
    const { protocol, host } = location;
    return `${protocol === "https:" ? "wss" : "ws"}://${host}${this.#base}${path}`;
  }

  /**
   * Runs an operation.
   *
   * @throws {HubProblem} If the hub refuses it or cannot be reached.
   */
  async call<N extends OperationName>(
    name: N,
    params: OperationParams<N>,
    signal?: AbortSignal,
  ): Promise<OperationResult<N>> {
    const on = this.#host === undefined ? {} : { host: this.#host };
    const { url, init } = requestOf(name, { ...on, ...params }, this.#base);
    const headers = new Headers(init.headers);
    if (this.pageKey !== undefined) headers.set("X-Claustrum-Page", this.pageKey);
    const { response, text } = await reach(url, { ...init, headers, ...(signal === undefined ? {} : { signal }) });
    if (response.ok) return JSON.parse(text);
    if (response.status === 401 && name !== "auth.sign_in") this.#onSignedOut();
    throw problemOf(response, text);
  }
}

/** A response and its whole body. */
export interface WholeResponse {
  readonly response: Response;
  readonly text: string;
}

/**
 * Asks the hub. An answer that is cut off counts as none.
 *
 * @throws {HubProblem} If the hub cannot be reached.
 */
export async function reach(url: string, init: RequestInit): Promise<WholeResponse> {
  try {
    const response = await fetch(url, init);
    return { response, text: await response.text() };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new HubProblem(0, "The hub cannot be reached. It is tried again as soon as the connection is back.");
  }
}

/** Returns the request of an operation. */
function requestOf(
  name: string,
  params: Readonly<Record<string, unknown>>,
  base: string,
): { readonly url: string; readonly init: RequestInit } {
  const route = ROUTES[name];
  if (route === undefined) throw new TypeError(`${name} is not found over HTTP`);
  const { method, path, parts } = route;
  const inPath = new Set(Object.values(parts));
  const place = path.replaceAll(/:(\w+)/g, (_, part: string) => encodeURIComponent(String(params[parts[part]!])));
  const rest = Object.entries(params).filter(([key, value]) => !inPath.has(key) && value !== undefined);
  if (method === "GET") {
    const query = new URLSearchParams(rest.map(([key, value]) => [key, String(value)]));
    return { url: `${base}${place}${query.size === 0 ? "" : `?${query}`}`, init: { method } };
  }
  if (rest.length === 0) return { url: base + place, init: { method } };
  const body = JSON.stringify(Object.fromEntries(rest));
  return { url: base + place, init: { method, body, headers: { "content-type": "application/json" } } };
}

function problemOf(response: Response, text: string): HubProblem {
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new HubProblem(
    response.status,
    detailOf(text, response.statusText),
    Number.isFinite(after) ? after : undefined,
  );
}

function detailOf(text: string, fallback: string): string {
  try {
    const { detail } = JSON.parse(text);
    return typeof detail === "string" ? detail : fallback;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fallback; // a proxy answered in the hub's place
  }
}
