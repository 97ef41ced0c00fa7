/**
 * What one webhook still has to be told: one notice after the other, in order.
 *
 * @module
 */

import type { DeliveryRow, Store } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import type { Notice } from "./notice.ts";
import { sendRequest } from "./send_request.ts";
import { type WebhookConfig, webhookName } from "./webhook_config.ts";
import { webhookRequest } from "./webhook_request.ts";

/** How long to wait before the second and the third try, in milliseconds. */
const WAITS_MS = [5_000, 60_000] as const;
/** What is older than this is of no use any more, in milliseconds: one day. */
const MAX_AGE_MS = 86_400_000;
/** The most notices that wait; the oldest go first. */
const MAX_PENDING = 1_000;

/** What the lines of all webhooks share. */
export interface WebhookLineOptions {
  /** What the hub keeps. */
  readonly store: Store;
  /** Returns the hub's web address, if there is one. */
  readonly url: () => string | undefined;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
  /** Settles when one more request may be made; the result is disposed of after it. */
  readonly turn: () => Promise<Disposable>;
}

/** How it goes with a webhook. */
export interface WebhookState {
  /** What it is called. */
  readonly name: string;
  /** How many notices wait. */
  readonly pending: number;
  /** How many were delivered since the hub started. */
  readonly delivered: number;
  /** How many were given up since the hub started. */
  readonly failed: number;
  /** The last try, if it has failed. */
  readonly problem: { readonly at: number; readonly text: string } | undefined;
}

/** See the module comment. */
export class WebhookLine {
  /** The webhook. */
  readonly webhook: WebhookConfig;
  readonly #options: WebhookLineOptions;
  readonly #name: string;
  readonly #stop = new AbortController();
  #isRunning = false;
  #run: Promise<void> = Promise.resolve();
  #delivered = 0;
  #failed = 0;
  #problem: WebhookState["problem"];

  /** Sends nothing until {@linkcode wake} is called. */
  constructor(webhook: WebhookConfig, options: WebhookLineOptions) {
    this.webhook = webhook;
    this.#options = options;
    this.#name = webhookName(webhook);
  }

  /** How it goes. */
  get state(): WebhookState {
    return {
      name: this.#name,
      pending: this.#options.store.deliveries.count(this.webhook.key),
      delivered: this.#delivered,
      failed: this.#failed,
      problem: this.#problem,
    };
  }

  /**
   * Stores a notice, which is sent even if the hub ends before. To be followed by {@linkcode wake}.
   *
   * @throws {StoreError} If it cannot be stored.
   */
  add(notice: Notice): void {
    const { store: { deliveries }, clock } = this.#options;
    const now = clock.now();
    const { key } = this.webhook;
    deliveries.insert({ webhook: key, event: notice.event, body: JSON.stringify(notice), at: now, nextAt: now });
    this.#giveUp(deliveries.trim(key, MAX_PENDING), `more than ${MAX_PENDING} were waiting`);
  }

  /** Sends what is stored, unless that is being done. */
  wake(): void {
    if (this.#isRunning || this.#stop.signal.aborted) return;
    this.#isRunning = true;
    this.#run = this.#sendAll().catch((error) => {
      this.#isRunning = false;
      if (!this.#stop.signal.aborted) this.#options.log.error(`[webhooks] ${this.#name}: ${Deno.inspect(error)}`);
    });
  }

  /** Gives up a request in progress, which the next hub makes again. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#run;
  }

  /** Notices that are added after it has found none must find that it is not running. */
  async #sendAll(): Promise<void> {
    const { store: { deliveries }, clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#giveUp(deliveries.deleteOld(this.webhook.key, clock.now() - MAX_AGE_MS), "they are older than a day");
      const next = deliveries.first(this.webhook.key);
      if (next === undefined) {
        this.#isRunning = false;
        return;
      }
      await this.#waitUntil(next.nextAt);
      if (!this.#stop.signal.aborted) await this.#try(next);
    }
  }

  async #try(delivery: DeliveryRow): Promise<void> {
    const { url, clock, turn } = this.#options;
    const request = webhookRequest(this.webhook, JSON.parse(delivery.body), url());
    using _turn = await turn();
    const problem = await sendRequest(this.webhook.url, request, { clock, signal: this.#stop.signal });
    if (problem === undefined) this.#noteSuccess(delivery);
    else this.#noteFailure(delivery, problem);
  }

  #noteSuccess({ id }: DeliveryRow): void {
    this.#options.store.deliveries.delete(id);
    this.#delivered++;
    this.#problem = undefined;
  }

  #noteFailure({ id, event, tries }: DeliveryRow, text: string): void {
    const { store: { deliveries }, clock, log } = this.#options;
    this.#problem = { at: clock.now(), text };
    const wait = WAITS_MS[tries];
    if (wait === undefined) {
      deliveries.delete(id);
      this.#failed++;
      return log.error(`[webhooks] ${this.#name} was not told of ${event}, after ${tries + 1} tries: ${text}`);
    }
    deliveries.postpone(id, tries + 1, clock.now() + wait);
    log.warn(`[webhooks] ${this.#name} was not told of ${event} yet, next try in ${wait / 1000} s: ${text}`);
  }

  #giveUp(count: number, reason: string): void {
    if (count === 0) return;
    this.#failed += count;
    this.#options.log.error(`[webhooks] ${this.#name} is not told of ${count} events: ${reason}`);
  }

  /** The time of day may have been set back meanwhile, so that nothing waits for longer than the longest wait. */
  async #waitUntil(at: number): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    const wait = Math.min(at - clock.now(), Math.max(...WAITS_MS));
    if (wait <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(wait, resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    cancel();
  }
}
