/**
 * Keeps what somebody reads where it is: at the end while they are at the end, in place while something changes above.
 *
 * @module
 */

import type { Signal } from "@preact/signals";

/** So near the end somebody counts as being there, in pixels. */
const AT_END = 8;
/** So near one end, what comes beyond it is loaded, in pixels. */
const NEAR_EDGE = 1_600;
/** How long after a click what was clicked stays in place, in milliseconds. */
const CLICK_MS = 400;

/** An element, and how far it was below the upper edge. */
interface Anchor {
  readonly element: Element;
  readonly top: number;
}

/** What a scroller tells. */
export interface ScrollEvents {
  /** Whether the end is shown. */
  readonly isAtEnd: Signal<boolean>;
  /** Somebody is near an end. */
  onNear(end: "oldest" | "newest"): void;
}

/** Keeps the place in a scrolled element. */
export class ScrollKeeper {
  readonly #isAtEnd: Signal<boolean>;
  readonly #scroller: HTMLElement;
  readonly #events: ScrollEvents;
  readonly #observer: ResizeObserver;
  /** What is at the upper edge: an entry, and the chunk that has it. */
  #anchors: readonly Anchor[] = [];
  /** What was clicked last, and until when it counts. */
  #clicked: { readonly anchor: Anchor; readonly until: number } | undefined;
  /** How the scroller stood when the anchors were noted. */
  #last: { readonly top: number; readonly height: number } = { top: 0, height: 0 };
  readonly #stop = new AbortController();

  /**
   * @param scroller The element that scrolls.
   * @param content Its only child, which has the chunks.
   * @param events What it tells.
   */
  constructor(scroller: HTMLElement, content: HTMLElement, events: ScrollEvents) {
    this.#scroller = scroller;
    this.#events = events;
    this.#isAtEnd = events.isAtEnd;
    const { signal } = this.#stop;
    scroller.addEventListener("scroll", () => this.#noteScroll(), { passive: true, signal });
    scroller.addEventListener("click", (event) => this.#noteClick(event), { capture: true, signal });
    this.#observer = new ResizeObserver(() => this.#keep());
    this.#observer.observe(content);
    this.#observer.observe(scroller);
  }

  /** Ends. */
  close(): void {
    this.#stop.abort();
    this.#observer.disconnect();
  }

  /** Which end is farther from what is shown. */
  get farEnd(): "oldest" | "newest" {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollTop > (scrollHeight - clientHeight) / 2 ? "oldest" : "newest";
  }

  /** Goes to the end, and stays there. */
  toEnd(): void {
    this.#isAtEnd.value = true;
    this.#clicked = undefined;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#note();
  }

  /** Shows an element near the upper edge. */
  show(element: HTMLElement): void {
    this.#isAtEnd.value = false;
    const margin = this.#scroller.clientHeight / 4;
    this.#scroller.scrollTop += element.getBoundingClientRect().top - this.#upperEdge() - margin;
    this.#anchors = [this.#anchorOf(element)];
    this.#last = { top: this.#scroller.scrollTop, height: this.#scroller.scrollHeight };
  }

  /** Looks whether somebody is near an end; to be called when there is more to load. */
  checkEdges(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    if (scrollTop < NEAR_EDGE) this.#events.onNear("oldest");
    if (scrollHeight - clientHeight - scrollTop < NEAR_EDGE) this.#events.onNear("newest");
  }

  #noteScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const distance = scrollHeight - clientHeight - scrollTop;
    // Whoever scrolls up leaves the end at once, however little it is.
    if (distance <= AT_END) this.#isAtEnd.value = true;
    else if (scrollTop < this.#last.top) this.#isAtEnd.value = false;
    // Something has changed its size, and nobody has seen it yet: only the scrolling itself may be seen.
    if (scrollHeight !== this.#last.height && !this.#isAtEnd.peek()) this.#restoreAnchor(scrollTop - this.#last.top);
    this.#note();
    this.checkEdges();
  }

  /** Notes what is at the upper edge. */
  #note(): void {
    this.#last = { top: this.#scroller.scrollTop, height: this.#scroller.scrollHeight };
    const edge = this.#upperEdge();
    const isBelow = (element: Element) => element.getBoundingClientRect().bottom > edge + 1;
    const chunk = [...this.#scroller.querySelectorAll("[data-chunk]")].find(isBelow);
    if (chunk === undefined) return void (this.#anchors = []);
    const entry = [...chunk.children].find(isBelow);
    this.#anchors = [...entry === undefined ? [] : [this.#anchorOf(entry)], this.#anchorOf(chunk)];
  }

  /** Whoever unfolds something keeps it in view, even at the end. */
  #noteClick({ target }: Event): void {
    const element = target instanceof Element ? target.closest("summary, .more") : null;
    if (element === null) return;
    this.#clicked = { anchor: this.#anchorOf(element), until: performance.now() + CLICK_MS };
  }

  /** Something has changed its size. */
  #keep(): void {
    const clicked = this.#clicked;
    const isClicked = clicked !== undefined && clicked.until > performance.now() && clicked.anchor.element.isConnected;
    if (isClicked) {
      this.#restore(clicked.anchor);
      const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
      this.#isAtEnd.value = scrollHeight - clientHeight - scrollTop <= AT_END;
      this.#note();
    } else if (this.#isAtEnd.peek()) {
      this.toEnd();
    } else {
      this.#restoreAnchor(0);
      this.#note();
    }
    this.checkEdges();
  }

  /** @param scrolled How far somebody has scrolled since the anchors were noted, in pixels. */
  #restoreAnchor(scrolled: number): void {
    const anchor = this.#anchors.find(({ element }) => element.isConnected);
    if (anchor !== undefined) this.#restore({ ...anchor, top: anchor.top - scrolled });
  }

  #restore({ element, top }: Anchor): void {
    const moved = element.getBoundingClientRect().top - this.#upperEdge() - top;
    if (Math.abs(moved) > 0.5) this.#scroller.scrollTop += moved;
  }

  #anchorOf(element: Element): Anchor {
    return { element, top: element.getBoundingClientRect().top - this.#upperEdge() };
  }

  #upperEdge(): number {
    return this.#scroller.getBoundingClientRect().top;
  }
}
