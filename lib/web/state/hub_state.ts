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
  /** The names of the other hosts whose sessions are known. */
  readonly hosts: Signal<ReadonlySet<string>> = signal(new Set());
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
  readonly #onPermissionsStale: (host: string | undefined) => void;

  /**
   * @param onPermissionsStale Called with a host, or nothing for the hub itself, whose permissions must be read again.
   * @param onTopics Called with the topics that are watched from now on.
   */
  constructor(
    onPermissionsStale: (host: string | undefined) => void,
    onTopics: (topics: readonly string[]) => void = () => {},
  ) {
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

  /** Returns what a session is called, with its host if that is another one; `undefined` if it is not known. */
  nameOf(id: string): string | undefined {
    const session = this.sessions.peek().get(id);
    if (session === undefined) return undefined;
    return this.knowsHost(session.host) ? `${session.name} on ${session.host}` : session.name;
  }

  /** Whether the sessions of another host are known. */
  knowsHost(name: string): boolean {
    return this.hosts.peek().has(name);
  }

  /** Takes the sessions of another host that cannot be reached, as the hub remembers them. */
  recall(host: string, sessions: readonly Session[]): void {
    if (this.knowsHost(host)) return;
    const added = sessions.map((session) => [session.id, session] as const);
    batch(() => {
      this.#noteHost(host);
      this.sessions.value = new Map([...this.sessions.value, ...added]);
    });
  }

  /** Forgets another host. */
  forgetHost(host: string): void {
    if (!this.knowsHost(host)) return;
    const isLeft = (each: { readonly host: string }) => each.host !== host;
    batch(() => {
      this.hosts.value = new Set([...this.hosts.value].filter((name) => name !== host));
      this.sessions.value = new Map([...this.sessions.value].filter(([, session]) => isLeft(session)));
      this.permissions.value = this.permissions.value.filter(isLeft);
    });
  }

  /** Replaces a session, as after a change that this page has made. */
  put(session: Session): void {
    this.sessions.value = new Map(this.sessions.value).set(session.id, session);
  }

  /**
   * Replaces the permissions of the hub itself, or those of another host.
   *
   * @param permissions All that are known; those of others are left out.
   */
  putPermissions(host: string | undefined, permissions: readonly PendingPermission[]): void {
    const others = this.permissions.value.filter((each) => this.#otherOf(each) !== host);
    const own = permissions.filter((each) => this.#otherOf(each) === host);
    this.permissions.value = others.length === 0 ? own : [...others, ...own].sort(byAge);
  }

  /** Forgets everything, as when this browser is signed out. */
  forget(): void {
    batch(() => {
      this.sessions.value = new Map();
      this.permissions.value = [];
      this.activity.value = new Map();
      this.hasLoaded.value = false;
      this.hosts.value = new Set();
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
        return this.#takeSnapshot(message);
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

  /** Takes all that the hub itself or another host has; what the others have stays. */
  #takeSnapshot({ host, sessions, permissions, partial, last_event }: Snapshot): void {
    if (host !== undefined) this.#noteHost(host);
    const others = [...this.sessions.value].filter(([, session]) => this.#otherOf(session) !== host);
    const otherIds = new Set(others.map(([id]) => id));
    this.sessions.value = new Map([...others, ...sessions.map((session) => [session.id, session] as const)]);
    this.putPermissions(host, permissions);
    if (host === undefined) this.hasLoaded.value = true;
    this.answers.takeSnapshot(partial, last_event, host, (session) => otherIds.has(session));
    for (const [session, listeners] of this.#listeners) {
      if (otherIds.has(session)) continue;
      for (const listener of listeners) listener.onPartial(partial[session] ?? "");
    }
  }

  #noteHost(name: string): void {
    if (!this.knowsHost(name)) this.hosts.value = new Set([...this.hosts.value, name]);
  }

  /** Returns the name of the host of something; `undefined` for the hub itself. */
  #otherOf({ host }: { readonly host: string }): string | undefined {
    return this.hosts.peek().has(host) ? host : undefined;
  }

  #takeSession(session: Session): void {
    this.put(session);
    const known = new Set(this.permissions.value.map(({ id }) => id));
    const isStale = session.permissions.some((id) => !known.has(id));
    const pending = new Set(session.permissions);
    const left = this.permissions.value.filter((each) => each.session !== session.id || pending.has(each.id));
    if (left.length < this.permissions.value.length) this.permissions.value = left;
    if (isStale) this.#onPermissionsStale(this.#otherOf(session));
  }
}

type Snapshot = Extract<FollowMessage, { readonly type: "snapshot" }>;

function byAge(a: PendingPermission, b: PendingPermission): number {
  return a.at.localeCompare(b.at);
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
