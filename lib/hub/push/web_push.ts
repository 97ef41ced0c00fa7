/**
 * Sends browsers what happens in sessions, through the push services that they have chosen.
 *
 * @module
 */

import type { LiveMessage, Session } from "../../sessions/types.ts";
import { type PushSubscriptionRow, type Store, StoreError } from "../../store/store.ts";
import type { FollowMessage } from "../hub_client.ts";
import { OperationError } from "../operation_error.ts";
import { browserKeysProblem } from "./encrypt.ts";
import { HostWatch } from "./host_watch.ts";
import type { Push, PushConfig, PushOptions } from "./push.ts";
import { endpointProblem } from "./push_hosts.ts";
import { PushLimit } from "./push_limit.ts";
import { SessionWatch } from "./push_notice.ts";
import { type PushOutcome, sendPush, topicOf } from "./push_request.ts";
import type { PushNotice, PushSubscriptionParams } from "./push_types.ts";
import { generateVapidKey, importVapidKeys, type VapidKeys, VapidProofs } from "./vapid.ts";

/** How long to wait before the second and last try if the push service does not say, in seconds. */
const RETRY_SECONDS = 10;
/** The longest wait before it, in seconds: what a push service wants to have later than that is no news any more. */
const MAX_RETRY_SECONDS = 300;

/** Options of {@linkcode WebPush}. */
interface WebPushOptions extends PushOptions {
  readonly config: PushConfig;
}

/** Web Push that is on. */
export class WebPush implements Push {
  /** The key that browsers subscribe with. */
  readonly key: string;
  readonly #options: WebPushOptions;
  readonly #proofs: VapidProofs;
  readonly #watch: SessionWatch;
  readonly #hostWatch: HostWatch;
  readonly #limit: PushLimit;
  readonly #listening: Disposable;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** The newest message of each topic that is being sent, so that an older one is not tried again after it. */
  readonly #newest = new Map<string, PushNotice>();

  private constructor(options: WebPushOptions, keys: VapidKeys) {
    const { config, sessions, clock } = options;
    this.key = keys.publicKey;
    this.#options = options;
    this.#proofs = new VapidProofs(keys, config.contact);
    this.#watch = new SessionWatch(sessions, clock);
    this.#hostWatch = new HostWatch(clock);
    this.#limit = new PushLimit(clock);
    this.#listening = sessions.listen((message) => this.#take(message));
  }

  /** Starts it, with the keys of the store; makes them if there are none. */
  static async start(options: WebPushOptions): Promise<WebPush> {
    return new WebPush(options, await importVapidKeys(await ensureKey(options.store)));
  }

  isSubscribed(signIn: string): boolean {
    return this.#options.store.push.get(signIn) !== undefined;
  }

  async subscribe(signIn: string, { endpoint, keys: { p256dh, auth } }: PushSubscriptionParams): Promise<void> {
    const { config, store, clock } = this.#options;
    const problem = endpointProblem(endpoint, config.hosts);
    if (problem !== undefined) throw new OperationError("refused", `the endpoint ${problem}`);
    const keysProblem = await browserKeysProblem({ publicKey: p256dh, auth });
    if (keysProblem !== undefined) throw new OperationError("bad_params", keysProblem);
    try {
      store.push.put({ signIn, endpoint, publicKey: p256dh, auth, createdAt: clock.now() });
    } catch (error) {
      if (!(error instanceof StoreError && error.reason === "conflict")) throw error;
      throw new OperationError("unauthenticated", "the sign-in has ended: sign in again");
    }
  }

  unsubscribe(signIn: string): void {
    this.#options.store.push.delete(signIn);
  }

  takeHost(host: string, message: FollowMessage): void {
    for (const notice of this.#hostWatch.take(host, message)) this.#tell(notice, host);
  }

  rememberHost(host: string, sessions: readonly Session[]): void {
    this.#hostWatch.remember(host, sessions);
  }

  forgetHost(host: string): void {
    this.#hostWatch.forget(host);
  }

  /** Gives up what is being sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  #take(message: LiveMessage): void {
    const notice = this.#watch.take(message);
    if (notice !== undefined) this.#tell(notice);
  }

  #tell(notice: PushNotice, host?: string): void {
    const { store, clock, log } = this.#options;
    let subscriptions: readonly PushSubscriptionRow[];
    try {
      subscriptions = store.push.list(clock.now());
    } catch (error) {
      // The sessions are more important.
      if (!(error instanceof StoreError)) throw error;
      return log.error(`[push] nobody is told what happened in ${notice.session}: ${error.message}`);
    }
    for (const subscription of subscriptions) this.#start(subscription, notice, host);
  }

  #start(subscription: PushSubscriptionRow, notice: PushNotice, host: string | undefined): void {
    const { log, config } = this.#options;
    // The configuration may have changed since.
    const problem = endpointProblem(subscription.endpoint, config.hosts);
    if (problem !== undefined) return log.warn(`[push] a browser is told nothing: its endpoint ${problem}`);
    // A host that tells too much uses up its own share alone.
    const share = host === undefined ? subscription.endpoint : `${host} ${subscription.endpoint}`;
    if (!this.#limit.take(share)) {
      return log.info(`[push] ${nameOf(subscription)} is not told something: it was told too much within a minute`);
    }
    const topic = topicOf(subscription, notice);
    this.#newest.set(topic, notice);
    const run = this.#deliver(subscription, notice, topic).catch((error) => {
      if (!this.#stop.signal.aborted) log.error(`[push] ${nameOf(subscription)}: ${Deno.inspect(error)}`);
    }).finally(() => {
      this.#running.delete(run);
      if (this.#newest.get(topic) === notice) this.#newest.delete(topic);
    });
    this.#running.add(run);
  }

  async #deliver(subscription: PushSubscriptionRow, notice: PushNotice, topic: string): Promise<void> {
    const first = await this.#send(subscription, notice);
    if (first.kind !== "later") return this.#note(subscription, first);
    const { afterSeconds = RETRY_SECONDS, problem } = first;
    this.#options.log.info(`[push] ${nameOf(subscription)} takes nothing now, next try soon: ${problem}`);
    await this.#wait(Math.min(afterSeconds, MAX_RETRY_SECONDS) * 1000);
    const isWanted = this.#newest.get(topic) === notice && this.#isThere(subscription);
    if (isWanted) this.#note(subscription, await this.#send(subscription, notice));
  }

  #send(subscription: PushSubscriptionRow, notice: PushNotice): Promise<PushOutcome> {
    const { clock } = this.#options;
    return sendPush(subscription, notice, { proofs: this.#proofs, clock, signal: this.#stop.signal });
  }

  #note(subscription: PushSubscriptionRow, outcome: PushOutcome): void {
    const { store, log } = this.#options;
    if (outcome.kind === "sent") return;
    if (outcome.kind !== "gone") return log.warn(`[push] ${nameOf(subscription)} was not told: ${outcome.problem}`);
    store.push.deleteEndpoint(subscription.endpoint);
    log.info(`[push] ${nameOf(subscription)} has ended the subscription of a browser`);
  }

  /** Whether somebody may still be told: they may have signed out meanwhile. */
  #isThere({ endpoint }: PushSubscriptionRow): boolean {
    const { store, clock } = this.#options;
    return store.push.list(clock.now()).some((each) => each.endpoint === endpoint);
  }

  /** @throws The signal's reason, if it is given up meanwhile. */
  async #wait(ms: number): Promise<void> {
    const { signal } = this.#stop;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    const stop = () => resolve();
    signal.addEventListener("abort", stop);
    await promise;
    signal.removeEventListener("abort", stop);
    cancel();
    signal.throwIfAborted();
  }
}

/** Whoever has the whole address can send messages there, so that the log has the host alone. */
function nameOf({ endpoint }: PushSubscriptionRow): string {
  return new URL(endpoint).host;
}

async function ensureKey({ push }: Store): Promise<string> {
  const known = push.key();
  if (known !== undefined) return known;
  const made = await generateVapidKey();
  push.setKey(made);
  return made;
}
