/**
 * What the page knows of the hub: its sessions and permissions, and whether it can be reached. Everything is live.
 *
 * @module
 */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FollowMessage } from "../../hub/hub_client.ts";
import type { PendingPermission, Session, SessionEvent } from "../../sessions/types.ts";
import { AnswersInProgress } from "./answers_in_progress.ts";
import { TopicWatch } from "./topic_watch.ts";

/** Whether the hub can be reached. */
export type Connection = "connecting" | "connected" | "lost";

/** Called with each event, and with each piece of an answer in progress. */
export interface SessionListener {
  /** An event happened. */
  onEvent(event: SessionEvent): void;
  /** A piece of the answer in progress came. */
  onDelta(delta: { readonly text?: string; readonly thinking?: string }): void;
  /** The connection was made anew: what the answer in progress contains so far. */
  onPartial(text: string): void;
}

/** What the page knows of the hub. */
export class HubState {
  /** The sessions by id. */
  readonly sessions: Signal<ReadonlyMap<string, Session>> = signal(new Map());
  /** The permissions that wait for a person, the oldest first. */
  readonly permissions: Signal<readonly PendingPermission[]> = signal([]);
  /** Whether the hub can be reached. */
  readonly connection: Signal<Connection> = signal("connecting");
  /** When the hub was last heard, in milliseconds since the epoch; 0 for never. */
  readonly lastContact: Signal<number> = signal(0);
  /** Whether a snapshot has arrived. */
  readonly hasLoaded: Signal<boolean> = signal(false);
  /** The newest line of each session that does something. */
  readonly activity: Signal<ReadonlyMap<string, string>> = signal(new Map());
  /** The sessions, the one that was started last first: none changes its place while somebody looks. */
  readonly newestFirst: ReadonlySignal<readonly Session[]> = computed(() =>
    [...this.sessions.value.values()].sort((a, b) => b.created_at.localeCompare(a.created_at))
  );
  /** The answers in progress. */
  readonly answers: AnswersInProgress = new AnswersInProgress();
  /** The topics that are watched: what belongs to no session. */
  readonly topics: TopicWatch;
  readonly #listeners = new Map<string, Set<SessionListener>>();
  readonly #watchers = new Set<(event: SessionEvent) => void>();
  readonly #onPermissionsStale: () => void;

  /**
   * @param onPermissionsStale Called when the permissions must be read again.
   * @param onTopics Called with the topics that are watched from now on.
   */
  constructor(onPermissionsStale: () => void, onTopics: (topics: readonly string[]) => void = () => {}) {
    this.#onPermissionsStale = onPermissionsStale;
    this.topics = new TopicWatch(onTopics);
  }

  /** Listens to the events of a session; returns a function that ends it. */
  listen(session: string, listener: SessionListener): () => void {
    const listeners = this.#listeners.get(session) ?? new Set();
    this.#listeners.set(session, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(session);
    };
  }

  /** Watches the events of all sessions; returns a function that ends it. */
  watch(watcher: (event: SessionEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Takes a message of the hub. */
  take(message: FollowMessage): void {
    batch(() => {
      this.lastContact.value = Date.now();
      this.#take(message);
    });
  }

  /** Notes that the connection is there or lost. */
  noteConnection(isConnected: boolean): void {
    this.connection.value = isConnected ? "connected" : "lost";
  }

  /** Replaces a session, as after a change that this page has made. */
  put(session: Session): void {
    this.sessions.value = new Map(this.sessions.value).set(session.id, session);
  }

  /** Forgets everything, as when this browser is signed out. */
  forget(): void {
    batch(() => {
      this.sessions.value = new Map();
      this.permissions.value = [];
      this.activity.value = new Map();
      this.hasLoaded.value = false;
    });
  }

  /** Forgets a permission that was answered. */
  dropPermission(id: string): void {
    this.permissions.value = this.permissions.value.filter((permission) => permission.id !== id);
  }

  /** Notes what a session does, in a line. */
  noteActivity(session: string, text: string): void {
    this.activity.value = new Map(this.activity.value).set(session, text);
  }

  #take(message: FollowMessage): void {
    switch (message.type) {
      case "snapshot":
        this.sessions.value = new Map(message.sessions.map((session) => [session.id, session]));
        this.permissions.value = message.permissions;
        this.hasLoaded.value = true;
        this.answers.takeSnapshot(message.partial, message.last_event);
        for (const [session, listeners] of this.#listeners) {
          for (const listener of listeners) listener.onPartial(message.partial[session] ?? "");
        }
        return;
      case "session":
        return this.#takeSession(message.session);
      case "removed": {
        const sessions = new Map(this.sessions.value);
        sessions.delete(message.session);
        this.sessions.value = sessions;
        return;
      }
      case "notice":
        return this.topics.take(message);
      case "delta":
        this.answers.takeDelta(message);
        for (const listener of this.#listeners.get(message.session) ?? []) listener.onDelta(message);
        return;
      case "event": {
        this.answers.takeEvent(message.event);
        for (const listener of this.#listeners.get(message.event.session) ?? []) listener.onEvent(message.event);
        for (const watcher of this.#watchers) watcher(message.event);
        const text = activityOf(message.event);
        if (text !== undefined) this.noteActivity(message.event.session, text);
      }
    }
  }

  #takeSession(session: Session): void {
    this.put(session);
    const known = new Set(this.permissions.value.map(({ id }) => id));
    const isStale = session.permissions.some((id) => !known.has(id));
    const pending = new Set(session.permissions);
    const left = this.permissions.value.filter((each) => each.session !== session.id || pending.has(each.id));
    if (left.length < this.permissions.value.length) this.permissions.value = left;
    if (isStale) this.#onPermissionsStale();
  }
}

/** What is read of an assistant's event. */
interface AssistantPayload {
  readonly message?: { readonly content?: readonly Block[] };
}

interface Block {
  readonly type?: string;
  readonly text?: string;
  readonly name?: string;
  readonly input?: Readonly<Record<string, unknown>>;
}

/** Returns what a session does, in a line; `undefined` if the event does not say so. */
export function activityOf({ type, payload }: Pick<SessionEvent, "type" | "payload">): string | undefined {
  if (type !== "assistant") return undefined;
  const blocks = (payload as AssistantPayload | null)?.message?.content;
  if (!Array.isArray(blocks)) return undefined;
  const block = (blocks as readonly Block[]).findLast(({ type }) => type === "text" || type === "tool_use");
  if (block?.type === "text") return firstLine(block.text ?? "");
  if (block?.type !== "tool_use") return undefined;
  const input = Object.values(block.input ?? {}).find((value) => typeof value === "string");
  return firstLine(`${block.name ?? "a tool"}${typeof input === "string" ? `: ${input}` : ""}`);
}

function firstLine(text: string): string {
  const line = text.trim().split("\n", 1)[0]!;
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
