/**
 * Keeps a conversation in step with its session: loads the newest events, takes those that happen, and loads pages at both
 * ends of what is loaded.
 *
 * @module
 */

import { batch, type Signal, signal } from "@preact/signals";
import type { SessionEvent } from "../../sessions/types.ts";
import type { AnswerInProgress } from "./answers_in_progress.ts";
import { Conversation } from "./conversation.ts";

/** How many events are loaded at a time. */
const PAGE = 200;
/** A number that no event's id reaches, for the newest page. */
const BEHIND_ALL = Number.MAX_SAFE_INTEGER;
/** About how much of a conversation is kept, in characters. */
const MAX_WEIGHT = 6 << 20;
/** How much is left when something is let go. */
const KEPT_WEIGHT = 5 << 20;
/** The types of events that have entries as a rule. */
const SHOWN: ReadonlySet<string> = new Set(["assistant", "user", "result"]);

/** Where events come from. */
export interface EventSource {
  /** Returns events of the session, the oldest first. */
  events(params: { limit: number; before?: number; after?: number }): Promise<readonly SessionEvent[]>;
  /** Listens to what happens; returns a function that ends it. */
  listen(listener: { onEvent(event: SessionEvent): void; onChange(): void; onSnapshot(): void }): () => void;
  /** The answer in progress. */
  answer(): AnswerInProgress;
  /** The id of the session's newest event, as far as it is known. */
  lastEvent(): number;
  /** Runs work in the next frame. */
  inNextFrame(work: () => void): void;
}

/** How the loading of the conversation stands. */
export type FeedPhase = "loading" | "ready" | "failed";

/** Keeps a conversation in step with its session. */
export class ConversationFeed {
  /** What is loaded. */
  readonly conversation: Conversation = new Conversation();
  /** How the loading of the first page stands. */
  readonly phase: Signal<FeedPhase> = signal("loading");
  /** Why loading failed. */
  readonly problem: Signal<string> = signal("");
  /** The answer in progress. */
  readonly answer: Signal<AnswerInProgress> = signal({ text: "", thinking: "" });
  /** Whether there are older events than those that are loaded. */
  readonly hasOlder: Signal<boolean> = signal(false);
  /** Whether what happens is added at the end; if not, there are newer events than those that are loaded. */
  readonly isAtPresent: Signal<boolean> = signal(false);
  /** How many events with something to show have happened since the beginning. */
  readonly happened: Signal<number> = signal(0);
  readonly #source: EventSource;
  readonly #farEnd: () => "oldest" | "newest";
  /** What has happened and is not in the conversation yet. */
  #happened: SessionEvent[] = [];
  #isScheduled = false;
  /** Whether another window is being opened: what happens meanwhile is kept for it. */
  #isOpening = false;
  /** The event that is to be shown. */
  #wanted: number | undefined;
  /** What loads at each end; at most one at a time. */
  readonly #loading = new Map<"older" | "newer", Promise<void>>();
  /** Counts the windows: what was requested for another one is dropped. */
  #window = 0;
  #unlisten: (() => void) | undefined;

  /**
   * @param source Where events come from.
   * @param farEnd Which end of the conversation is farther from where somebody reads.
   */
  constructor(source: EventSource, farEnd: () => "oldest" | "newest" = () => "oldest") {
    this.#source = source;
    this.#farEnd = farEnd;
  }

  /** Begins, with the newest events or those around one. */
  start(event?: number): Promise<void> {
    this.#unlisten ??= this.#source.listen({
      onEvent: (event) => {
        this.#happened.push(event);
        if (SHOWN.has(event.type)) this.happened.value++;
        this.#schedule();
      },
      onChange: () => this.#schedule(),
      onSnapshot: () => this.#noteSnapshot(),
    });
    this.#wanted = event;
    return event === undefined ? this.showNewest() : this.showEvent(event);
  }

  /** Ends. */
  stop(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#window++;
  }

  /** Shows the newest events, if it does not yet. */
  async showNewest(): Promise<void> {
    if (this.isAtPresent.value) return;
    await this.#open(async () => {
      const page = await this.#source.events({ before: BEHIND_ALL, limit: PAGE });
      return { page, isAtPresent: true };
    });
  }

  /** Shows the events around one, if it does not yet. */
  async showEvent(event: number): Promise<void> {
    const { first, last } = this.conversation;
    if (first !== undefined && last !== undefined && event >= first.id && event <= last.id) return;
    await this.#open(async () => {
      const before = await this.#source.events({ before: event + 1, limit: PAGE / 2 });
      const after = await this.#source.events({ after: event, limit: PAGE / 2 });
      const page = [...before, ...after];
      return { page, isAtPresent: (page.at(-1)?.id ?? 0) >= this.#source.lastEvent() };
    });
  }

  /** Loads the page before what is loaded. */
  loadOlder(): Promise<void> {
    return this.#load("older", async (isCurrent) => {
      const { first } = this.conversation;
      if (first === undefined || !this.hasOlder.value) return;
      const page = await this.#source.events({ before: first.id, limit: PAGE });
      if (!isCurrent()) return;
      batch(() => {
        this.conversation.prepend(page);
        this.hasOlder.value = page.length > 0 && page[0]!.seq > 1;
        if (this.conversation.weight > MAX_WEIGHT) this.#trim("newest");
      });
    });
  }

  /** Loads the page after what is loaded. */
  loadNewer(): Promise<void> {
    return this.#load("newer", async (isCurrent) => {
      if (this.isAtPresent.value) return;
      const page = await this.#source.events({ after: this.conversation.last?.id ?? 0, limit: PAGE });
      if (!isCurrent()) return;
      batch(() => {
        this.conversation.append(page);
        if (this.conversation.weight > MAX_WEIGHT) this.#trim("oldest");
        if (page.length > 0 && page.at(-1)!.id < this.#source.lastEvent()) return;
        this.isAtPresent.value = true;
      });
      if (this.isAtPresent.value) await this.#catchUp(isCurrent);
    });
  }

  async #open(
    load: () => Promise<{ readonly page: readonly SessionEvent[]; readonly isAtPresent: boolean }>,
  ): Promise<void> {
    const window = ++this.#window;
    this.#loading.clear();
    this.#happened = [];
    this.#isOpening = true;
    this.isAtPresent.value = false;
    if (this.conversation.first === undefined) this.phase.value = "loading";
    try {
      const { page, isAtPresent } = await load();
      if (window !== this.#window) return;
      batch(() => {
        this.conversation.clear();
        this.conversation.append(page);
        this.hasOlder.value = page.length > 0 && page[0]!.seq > 1;
        this.isAtPresent.value = isAtPresent;
        this.phase.value = "ready";
        this.#isOpening = false;
        this.#apply();
      });
    } catch (error) {
      if (window !== this.#window) return;
      this.#isOpening = false;
      this.problem.value = error instanceof Error ? error.message : String(error);
      this.phase.value = "failed";
    }
  }

  /** Runs one load at a time at an end. A failure is left to the next attempt. */
  #load(end: "older" | "newer", work: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    const running = this.#loading.get(end);
    if (running !== undefined || this.phase.value !== "ready") return running ?? Promise.resolve();
    const window = this.#window;
    const leave = () => {
      if (this.#loading.get(end) === loading) this.#loading.delete(end);
    };
    const loading = work(() => window === this.#window).then(() => {
      leave();
      this.#schedule();
    }, (error) => {
      leave();
      // Nothing is scheduled: while the hub cannot be reached, each frame would ask for the same again.
      throw error;
    });
    this.#loading.set(end, loading);
    return loading;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#source.inNextFrame(() => {
      this.#isScheduled = false;
      if (this.#unlisten !== undefined) batch(() => this.#apply());
    });
  }

  /** Takes what has happened into the conversation. */
  #apply(): void {
    const { text, thinking } = this.#source.answer();
    const before = this.answer.peek();
    if (before.text !== text || before.thinking !== thinking) this.answer.value = { text, thinking };
    if (this.phase.value !== "ready" || this.#isOpening || this.#loading.has("newer")) return;
    if (this.#happened.length === 0) return;
    if (!this.isAtPresent.value) return void (this.#happened = []);
    const { last } = this.conversation;
    const next = this.#happened.filter(({ seq }) => seq > (last?.seq ?? 0));
    if (last !== undefined && next.some(({ seq }, i) => seq !== last.seq + 1 + i)) return this.#fillHole();
    this.#happened = [];
    this.conversation.append(next);
    if (this.conversation.weight > MAX_WEIGHT) this.#trim(this.#farEnd());
  }

  /** Events are missing between what is loaded and what happened. */
  #fillHole(): void {
    void this.#load("newer", (isCurrent) => this.#catchUp(isCurrent)).catch(() => {
      // The hub cannot be reached; the next event or snapshot asks again.
    });
  }

  /** Loads all events after the last one, then takes what has happened. */
  async #catchUp(isCurrent: () => boolean): Promise<void> {
    for (;;) {
      const page = await this.#source.events({ after: this.conversation.last?.id ?? 0, limit: PAGE });
      if (!isCurrent() || page.length === 0) break;
      this.conversation.append(page);
      if (this.conversation.weight > MAX_WEIGHT) this.#trim("oldest");
    }
    if (!isCurrent()) return;
    this.conversation.append(this.#happened);
    this.#happened = [];
  }

  /** The connection was made anew: what happened meanwhile may have been more than is sent again. */
  #noteSnapshot(): void {
    this.#schedule();
    if (this.phase.value === "failed") return void this.start(this.#wanted);
    if (this.phase.value !== "ready" || !this.isAtPresent.value) return;
    if (this.#source.lastEvent() > (this.conversation.last?.id ?? 0)) this.#fillHole();
  }

  #trim(end: "oldest" | "newest"): void {
    this.conversation.trim(end, KEPT_WEIGHT);
    if (end === "oldest") this.hasOlder.value = true;
    else this.isAtPresent.value = false;
  }
}
