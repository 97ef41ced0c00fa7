/**
 * Asks for the colours of code, one piece after the other, and gives up on what takes too long.
 *
 * @module
 */

import type { CodePart, HighlightReply, HighlightRequest } from "../text/code_parts.ts";

/** How long one piece of code may take, in milliseconds. */
const MAX_MS = 1_500;
/** How many pieces are remembered: what scrolls away and back is drawn in its colours at once. */
const REMEMBERED = 60;

/** The parts of code, if there are any. */
export type Parts = readonly CodePart[] | undefined;

/** What is used of a worker. */
export interface HighlightWorker {
  onmessage: ((event: { readonly data: HighlightReply }) => void) | null;
  onerror: ((event: { preventDefault(): void }) => void) | null;
  postMessage(request: HighlightRequest): void;
  terminate(): void;
}

/** A piece of code that waits. */
interface Waiting {
  readonly request: HighlightRequest;
  readonly signal: AbortSignal;
  readonly resolve: (parts: Parts) => void;
}

/** Asks for the colours of code. */
export class Highlighter {
  readonly #start: () => HighlightWorker;
  readonly #waiting: Waiting[] = [];
  readonly #known = new Map<string, Parts>();
  #worker: HighlightWorker | undefined;
  #isBusy = false;

  /** @param start Starts the worker, when the first code is to be shown. */
  constructor(start: () => HighlightWorker) {
    this.#start = start;
  }

  /** Returns the parts of code that was asked for before. */
  known(request: HighlightRequest): Parts {
    return this.#known.get(keyOf(request));
  }

  /**
   * Returns the parts of code; `undefined` where there are no colours for it.
   *
   * @param signal Aborted when nobody wants them any more.
   */
  ask(request: HighlightRequest, signal: AbortSignal): Promise<Parts> {
    const key = keyOf(request);
    if (this.#known.has(key)) return Promise.resolve(this.#known.get(key));
    const { promise, resolve } = Promise.withResolvers<Parts>();
    this.#waiting.push({ request, signal, resolve });
    this.#next();
    return promise;
  }

  #next(): void {
    while (!this.#isBusy) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.signal.aborted) next.resolve(undefined);
      else this.#work(next);
    }
  }

  #work({ request, resolve }: Waiting): void {
    this.#isBusy = true;
    const worker = this.#worker ??= this.#start();
    const finish = (parts: Parts) => {
      clearTimeout(timer);
      this.#remember(keyOf(request), parts);
      this.#isBusy = false;
      resolve(parts);
      this.#next();
    };
    const giveUp = () => {
      worker.terminate();
      this.#worker = undefined;
      finish(undefined);
    };
    const timer = setTimeout(giveUp, MAX_MS);
    worker.onmessage = ({ data }) => finish(data.parts);
    worker.onerror = (event) => {
      event.preventDefault();
      giveUp();
    };
    worker.postMessage(request);
  }

  #remember(key: string, parts: Parts): void {
    this.#known.set(key, parts);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }
}

function keyOf({ code, language }: HighlightRequest): string {
  return `${language}\n${code}`;
}
