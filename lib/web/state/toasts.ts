/**
 * Short messages that are told in passing.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";

/** How long a message stays, in milliseconds. Failures stay until they are closed. */
const SHOWN_MS = 5_000;

/** A message. */
export interface Toast {
  /** Unique. */
  readonly id: number;
  /** What it says. */
  readonly text: string;
  /** Whether something went wrong. */
  readonly isFailure: boolean;
  /** What can be done about it. */
  readonly action?: ToastAction;
}

/** What can be done about a message. */
export interface ToastAction {
  /** What the button says. */
  readonly label: string;
  /** Does it. */
  readonly run: () => void;
}

/** The messages that are shown. */
export class Toasts {
  /** The messages, the oldest first. */
  readonly shown: Signal<readonly Toast[]> = signal([]);
  #nextId = 1;

  /** Shows a message for a while. */
  say(text: string): void {
    const id = this.#add(text, false);
    setTimeout(() => this.close(id), SHOWN_MS);
  }

  /** Shows what went wrong, until it is closed. */
  failure(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    // The same failure again tells nothing new.
    if (this.shown.value.some((toast) => toast.text === text)) return;
    this.#add(text, true);
  }

  /** Shows a message with a button, until it is closed. */
  offer(text: string, action: ToastAction): void {
    this.#add(text, false, action);
  }

  /** Closes a message. */
  close(id: number): void {
    this.shown.value = this.shown.value.filter((toast) => toast.id !== id);
  }

  #add(text: string, isFailure: boolean, action?: ToastAction): number {
    const id = this.#nextId++;
    this.shown.value = [...this.shown.value, { id, text, isFailure, ...action && { action } }].slice(-4);
    return id;
  }
}
