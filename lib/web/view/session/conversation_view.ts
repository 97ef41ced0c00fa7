/**
 * What the parts of a shown conversation share.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "../../../sessions/types.ts";
import type { ConversationFeed } from "../../state/conversation_feed.ts";

/** What the parts of a shown conversation share. */
export interface ConversationView {
  readonly feed: ConversationFeed;
  /** The session as it is now. */
  readonly session: Signal<Session>;
  /** Whether the end is shown. */
  readonly isAtEnd: Signal<boolean>;
  /** Whether the page is being printed: everything is unfolded. */
  readonly isPrinting: Signal<boolean>;
  /** The event to which the address leads. */
  readonly marked: Signal<number | undefined>;
  /** What was unfolded or folded, by key; it outlives the drawing. */
  readonly unfolded: Map<string, boolean>;
  /** Tells when a chunk comes near what is shown, or leaves it. */
  readonly nearness: Nearness;
  /** Loads an event that is too large to be loaded with others. */
  loadLarge(event: number): Promise<void>;
  /** Looks for the content of a prompt that is not loaded. */
  findPrompt(promptId: string, before: number): Promise<void>;
  /** The address of an event. */
  addressOf(event: number): string;
}

const Context = createContext<ConversationView | undefined>(undefined);

/** Gives the view to the parts. */
export const ConversationViewProvider = Context.Provider;

/** Returns what the parts share. */
export function useConversationView(): ConversationView {
  const view = useContext(Context);
  if (view === undefined) throw new TypeError("Cannot show an entry outside of a conversation");
  return view;
}

/** How far from what is shown chunks are drawn, in pixels. */
const NEAR = 1_500;

/** Tells when elements come near what is shown, or leave it. */
export class Nearness {
  readonly #callbacks = new Map<Element, (isNear: boolean) => void>();
  #observer: IntersectionObserver | undefined;

  /** Begins, in an element that scrolls. */
  begin(scroller: HTMLElement): void {
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.#callbacks.get(target)?.(isIntersecting);
    }, { root: scroller, rootMargin: `${NEAR}px 0px` });
    for (const element of this.#callbacks.keys()) this.#observer.observe(element);
  }

  /** Ends. */
  end(): void {
    this.#observer?.disconnect();
    this.#observer = undefined;
  }

  /** Watches an element; returns a function that ends it. */
  watch(element: Element, callback: (isNear: boolean) => void): () => void {
    this.#callbacks.set(element, callback);
    this.#observer?.observe(element);
    return () => {
      this.#callbacks.delete(element);
      this.#observer?.unobserve(element);
    };
  }
}

/** Makes what the parts share. */
export function newConversationView(
  given: Omit<ConversationView, "session" | "isAtEnd" | "isPrinting" | "marked" | "unfolded" | "nearness"> & {
    readonly session: Session;
    readonly event: number | undefined;
  },
): ConversationView {
  const { session, event, ...rest } = given;
  return {
    ...rest,
    session: signal(session),
    isAtEnd: signal(true),
    isPrinting: signal(false),
    marked: signal(event),
    unfolded: new Map(),
    nearness: new Nearness(),
  };
}
