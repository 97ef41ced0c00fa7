/**
 * What a keeper of sessions does, for the hub and for programs without a hub.
 *
 * @module
 */

import type {
  AgentCommand,
  LiveMessage,
  PendingPermission,
  PermissionAnswer,
  PromptContent,
  ResumeOptions,
  SendResult,
  Session,
  SessionChanges,
  SessionEvent,
  SessionRule,
  SessionWorktree,
  StartParams,
} from "./types.ts";

/** Which events to return. */
export interface EventQuery {
  /** The most events. @default {500} */
  readonly limit?: number | undefined;
  /** How many of them to skip. @default {0} */
  readonly offset?: number | undefined;
  /** The id of the last event that is not wanted. @default {0} */
  readonly after?: number | undefined;
  /** The id of the first event that is not wanted; the newest ones before it are returned. @default {the oldest ones} */
  readonly before?: number | undefined;
  /** The types that are wanted. @default {all} */
  readonly types?: readonly string[] | undefined;
}

/** An event that a search found. */
export interface FoundSessionEvent extends SessionEvent {
  /** The part of the text that matches; the matches stand between `«` and `»`. */
  readonly snippet: string;
}

/** The size of a terminal. */
export interface TerminalSize {
  /** The width, in characters. */
  readonly columns: number;
  /** The height, in characters. */
  readonly rows: number;
}

/** Options of {@linkcode Sessions.openTerminal}. */
export interface TerminalOptions extends TerminalSize {
  /** Whether the stream only shows the terminal: it cannot type, and does not change the size. @default {false} */
  readonly isReadOnly?: boolean | undefined;
  /** Closes the stream. */
  readonly signal?: AbortSignal | undefined;
}

/** Why a {@linkcode TerminalStream} has ended. */
export interface TerminalEnd {
  /**
   * - `closed`: the caller, or the end of the sessions, has closed it.
   * - `ended`: the terminal has ended, because its program has, or because the session was given back.
   * - `detached`: somebody has detached this client of tmux; the terminal goes on.
   * - `lost`: the daemon or its connection is gone; the terminal may go on.
   */
  readonly reason: "closed" | "ended" | "detached" | "lost";
  /** The reason as a sentence. */
  readonly message: string;
}

/** The terminal of a session, as bytes. It counts as a viewer of the terminal until it has ended. */
export interface TerminalStream extends AsyncDisposable {
  /**
   * What a terminal has to show, for one reader. It begins with the size and the bytes that paint the screen. After
   * that come the bytes of the program, each once and in order. When the size changes, or when the reader was too slow,
   * the size and a new painting follow. Bytes that a slow reader has not read are dropped then. It is over when the
   * stream has ended.
   */
  readonly output: AsyncIterable<Uint8Array<ArrayBuffer> | TerminalSize>;
  /** Settles when the stream has ended; never rejects. */
  readonly ended: Promise<TerminalEnd>;
  /** Whether the stream only shows the terminal. */
  readonly isReadOnly: boolean;
  /**
   * Types bytes. What is written first is typed first.
   *
   * @returns Settles when tmux has them all. To keep memory bounded, wait for it before much more is written.
   * @throws {SessionError} If the stream is read-only, or has ended.
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Changes the size of the terminal, for all who look at it.
   *
   * @throws {SessionError} If a number is not from 2 to 500, the stream is read-only, or it has ended.
   */
  resize(columns: number, rows: number): Promise<void>;
  /** Ends the stream, and its process in the daemon. */
  close(): Promise<void>;
}

/** Where a session works, and from where it started. */
export interface SessionOrigin {
  /** The directory in which the agent works, without symlinks. */
  readonly path: string;
  /** The commit that was checked out when it started; `null` without one. */
  readonly base: string | null;
  /** The work tree that was made for it; absent if none was. */
  readonly worktree?: SessionWorktree & {
    /** The main directory of the repository. */
    readonly repository: string;
  };
}

/** A keeper of sessions. Methods that name a session take its id, its name, or a unique prefix of either. */
export interface Sessions extends AsyncDisposable {
  /** Starts a session. */
  start(params: StartParams): Promise<Session>;
  /** Returns sessions, the newest first. */
  list(
    filter?: {
      readonly active?: boolean | undefined;
      readonly path?: string | undefined;
      readonly query?: string | undefined;
    },
  ): Session[];
  /** Returns a session. */
  get(reference: string): Session;
  /** Returns where a session works, and from where it started. */
  origin(reference: string): SessionOrigin;
  /** Returns events of a session, the oldest first. A page may be shorter than its limit; the last one is empty. */
  events(reference: string, query?: EventQuery): SessionEvent[];
  /** Returns the events of some or all sessions after an id, the oldest first; for followers. */
  eventsAfter(
    after: number,
    options: { readonly limit: number; readonly sessions?: readonly string[] | undefined },
  ): SessionEvent[];
  /** Returns an event whole. */
  event(id: number): SessionEvent;
  /** Finds events by their text, the newest first. */
  search(query: string, limit?: number): FoundSessionEvent[];
  /** Finds events by their text, the ones that match best first. */
  searchBest(query: string, limit?: number): Promise<FoundSessionEvent[]>;
  /** The id of the newest event of all sessions, 0 if there is none. */
  readonly lastEvent: number;
  /** What the answers in progress contain so far, by session id. */
  partial(): Readonly<Record<string, string>>;
  /** Sends a prompt, or queues it. */
  send(
    reference: string,
    prompt: PromptContent,
    options?: { readonly startIfStopped?: boolean | undefined },
  ): Promise<SendResult>;
  /** Replaces a queued prompt. */
  editPrompt(reference: string, promptId: string, prompt: PromptContent): void;
  /** Removes a queued prompt. */
  removePrompt(reference: string, promptId: string): void;
  /** Moves a queued prompt to a position, from 1. */
  movePrompt(reference: string, promptId: string, position: number): void;
  /** Interrupts the turn. */
  interrupt(reference: string): Promise<void>;
  /** Changes a session. */
  configure(reference: string, changes: SessionChanges): Promise<Session>;
  /** Waits until a session has nothing left to do: it is idle, or its agent has ended. */
  whenIdle(reference: string): Promise<Session>;
  /** Stops the agent; settles when it has ended. */
  stop(reference: string): Promise<Session>;
  /** Kills the agent and its descendants; settles when they have ended. */
  kill(reference: string): Promise<Session>;
  /** Starts the agent of a stopped session again. */
  resume(reference: string, options?: ResumeOptions): Promise<Session>;
  /** Starts a new session with a copy of the conversation. */
  fork(reference: string, options?: { readonly name?: string | undefined }): Promise<Session>;
  /** Forgets a stopped session and its events. */
  remove(reference: string): void;
  /** Opens the session in a terminal. */
  attach(
    reference: string,
    options?: { readonly interrupt?: boolean | undefined },
  ): Promise<{ tmux_session: string; tmux_socket: string }>;
  /**
   * Opens a stream of the terminal of a session that is in one; any number can be open.
   *
   * @throws {SessionError} If the session is in no terminal, or the terminal cannot be reached.
   */
  openTerminal(reference: string, options: TerminalOptions): Promise<TerminalStream>;
  /** Closes the terminal of a session and goes on without it. */
  detach(reference: string): Promise<Session>;
  /** Returns the slash commands that the agent of a session knows. */
  commands(reference: string): AgentCommand[];
  /** Finds files of the session's directory by parts of their paths, the best ones first. */
  files(reference: string, query: string, limit: number): Promise<string[]>;
  /** Returns the rules of a session. */
  rules(reference: string): SessionRule[];
  /** Removes a rule. */
  removeRule(reference: string, ruleId: string): void;
  /** Returns the pending permissions of all sessions, the oldest first. */
  permissions(): PendingPermission[];
  /**
   * Answers a permission.
   *
   * @param by Who answers, for those who answer too late.
   */
  answer(permissionId: string, answer: PermissionAnswer, by: string): void;
  /** Calls a listener with each later message, in order, until the result is disposed of. */
  listen(listener: (message: LiveMessage) => void): Disposable;
  /** Whether the daemon can be reached. */
  readonly isDaemonUp: boolean;
}
