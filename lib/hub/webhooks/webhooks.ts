/**
 * Tells other programs, such as one that makes a phone ring, what happens in sessions. What has to be told is stored
 * first, so that a hub that ends in between loses nothing; a notice may then be sent twice.
 *
 * @module
 */

import type { LiveMessage } from "../../sessions/types.ts";
import { type Store, StoreError } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import { noticeOf, type NoticeSessions } from "./notice.ts";
import type { WebhookConfig } from "./webhook_config.ts";
import { WebhookLine, type WebhookState } from "./webhook_line.ts";

/** The most requests at once. */
const MAX_REQUESTS = 4;

/** Options of {@linkcode Webhooks}. */
export interface WebhooksOptions {
  /** Who is told. */
  readonly webhooks: readonly WebhookConfig[];
  /** The sessions. */
  readonly sessions: NoticeSessions & { listen(listener: (message: LiveMessage) => void): Disposable };
  /** What the hub keeps. */
  readonly store: Store;
  /** Returns the hub's web address, if there is one. */
  readonly url: () => string | undefined;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** See the module comment. */
export class Webhooks implements AsyncDisposable {
  readonly #options: WebhooksOptions;
  readonly #lines: readonly WebhookLine[];
  readonly #listening: Disposable | undefined;
  #requests = 0;
  readonly #waiting: (() => void)[] = [];

  /** Sends what former hubs have left, and what happens from now on. */
  constructor(options: WebhooksOptions) {
    const { webhooks, sessions, store, url, clock, log } = options;
    this.#options = options;
    this.#lines = webhooks.map((webhook) =>
      new WebhookLine(webhook, { store, url, clock, log, turn: () => this.#turn() })
    );
    store.deliveries.deleteOthers(webhooks.map(({ key }) => key));
    this.#listening = webhooks.length === 0 ? undefined : sessions.listen((message) => this.#take(message));
  }

  /** How it goes with each webhook. */
  get states(): readonly WebhookState[] {
    return this.#lines.map(({ state }) => state);
  }

  /** Begins to send what former hubs have left. To be called once the hub's web address is known. */
  start(): void {
    for (const line of this.#lines) line.wake();
  }

  /** Gives up what is being sent; the next hub sends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    await Promise.all(this.#lines.map((line) => line.close()));
  }

  #take(message: LiveMessage): void {
    const { sessions, store, log } = this.#options;
    const notice = noticeOf(message, sessions);
    if (notice === undefined) return;
    const lines = this.#lines.filter(({ webhook }) => webhook.events.includes(notice.event));
    if (lines.length === 0) return;
    try {
      store.transaction(() => lines.forEach((line) => line.add(notice)));
    } catch (error) {
      // As when the disk is full: the sessions are more important.
      if (!(error instanceof StoreError)) throw error;
      return log.error(`[webhooks] nobody is told of ${notice.event} in ${notice.session.name}: ${error.message}`);
    }
    for (const line of lines) line.wake();
  }

  async #turn(): Promise<Disposable> {
    while (this.#requests >= MAX_REQUESTS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#requests++;
    return {
      [Symbol.dispose]: () => {
        this.#requests--;
        this.#waiting.shift()?.();
      },
    };
  }
}
