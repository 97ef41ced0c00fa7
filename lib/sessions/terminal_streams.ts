/**
 * The open terminal streams of all sessions.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { endProcess } from "../client/end_process.ts";
import { ConnectionLostError, RpcCallError } from "../client/errors.ts";
import { HELPER_PREFIX } from "../client/run_command.ts";
import type { ProcessListEntry } from "../rpc/method_types.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import type { ControlEnd } from "./control_client.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { SessionError } from "./session_error.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { TerminalEnd, TerminalOptions, TerminalStream } from "./sessions.ts";
import type { SessionSettings } from "./settings.ts";
import { checkSize } from "./terminal_input.ts";
import { openTerminalStream, type OwnedTerminalStream, type TerminalPlace } from "./terminal_stream.ts";

/** How the ids of the processes begin; the id of the session and a random part follow. */
const ID_PREFIX = `${HELPER_PREFIX}terminal/`;
/** How long to wait at the end for a stream that is being opened, in milliseconds. */
const OPENING_MS = 2_000;

/** What the streams need. */
export interface TerminalStreamsOptions {
  /** The connection to the daemon, which runs tmux. */
  readonly line: DaemonLine;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The source of time. */
  readonly clock: Clock;
  /** Finds where the program of a session is shown; `undefined` if it has ended. */
  readonly findPlace: (runner: SessionRunner) => Promise<TerminalPlace | undefined>;
}

/** Opens streams, and ends them in time. */
export class TerminalStreams implements AsyncDisposable {
  readonly #options: TerminalStreamsOptions;
  /** The streams that are being opened, by the ids of their processes. */
  readonly #opening = new Map<string, Promise<unknown>>();
  readonly #open = new Map<OwnedTerminalStream, { readonly id: string; readonly runner: SessionRunner }>();
  readonly #closing = new AbortController();

  /** Creates no stream. */
  constructor(options: TerminalStreamsOptions) {
    this.#options = options;
  }

  /**
   * Opens a stream of the terminal of a session.
   *
   * @throws {SessionError} If it has no terminal, or the terminal cannot be reached.
   */
  async open(runner: SessionRunner, options: TerminalOptions): Promise<TerminalStream> {
    const { line } = this.#options;
    const { signal } = options;
    checkSize(options);
    for (;;) {
      signal?.throwIfAborted();
      checkInteractive(runner);
      const client = await line.soon();
      try {
        return await this.#openWith(client, runner, options);
      } catch (error) {
        // Another daemon, or another connection, may be there by now.
        if (line.noteFailure(client, error) || error instanceof ConnectionLostError) continue;
        if (!(error instanceof RpcCallError)) throw error;
        throw new SessionError("unavailable", `the terminal cannot be shown: ${error.message}`, { cause: error });
      }
    }
  }

  /** Ends the streams of a session whose terminal has ended. */
  async end(runner: SessionRunner): Promise<void> {
    const streams = [...this.#open].filter(([, one]) => one.runner === runner).map(([stream]) => stream);
    await Promise.all(streams.map((stream) => stream.end(ended())));
  }

  /** Ends processes of former streams that are left in the daemon: they count as viewers. */
  async endLeft(client: Client, processes: Iterable<ProcessListEntry>, sessions: ReadonlySet<string>): Promise<void> {
    const open = [...this.#open].filter(([stream]) => !stream.isEnding).map(([, { id }]) => id);
    const used = new Set([...this.#opening.keys(), ...open]);
    const isLeft = ({ id }: ProcessListEntry) =>
      id.startsWith(ID_PREFIX) && sessions.has(id.slice(ID_PREFIX.length).split("/")[0]!) && !used.has(id);
    await Promise.all([...processes].filter(isLeft).map(({ id }) => endProcess(client, id)));
  }

  /** Closes all streams. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await happensWithin(Promise.allSettled(this.#opening.values()), OPENING_MS, this.#options.clock);
    await Promise.all([...this.#open.keys()].map((stream) => stream.close()));
  }

  async #openWith(client: Client, runner: SessionRunner, options: TerminalOptions): Promise<TerminalStream> {
    const { clock, findPlace, settings } = this.#options;
    const { columns, rows, isReadOnly = false, signal } = options;
    const place = await findPlace(runner);
    checkInteractive(runner);
    if (place === undefined) throw notInTerminal(runner);
    const id = `${ID_PREFIX}${runner.record.id}/${crypto.randomUUID()}`;
    const opening = openTerminalStream({
      ...{ client, clock, id, place, isReadOnly },
      socket: settings.tmuxSocket,
      size: { columns, rows },
      explain: (end) => this.#explain(runner, end),
    });
    this.#opening.set(id, opening);
    try {
      const stream = await opening;
      this.#open.set(stream, { id, runner });
      void stream.ended.then(() => this.#open.delete(stream));
      closeOnAbort(stream, signal);
      closeOnAbort(stream, this.#closing.signal);
      signal?.throwIfAborted();
      return stream;
    } finally {
      this.#opening.delete(id);
    }
  }

  /** tmux tells nothing but that a client ends: whether the terminal is still there makes the difference. */
  async #explain(runner: SessionRunner, { isLost, message }: ControlEnd): Promise<TerminalEnd> {
    if (isLost) return { reason: "lost", message: `the connection to the terminal was lost: ${message}` };
    try {
      if (await this.#options.findPlace(runner) === undefined) return ended();
    } catch (error) {
      // Whatever it is, the reader of the stream is told.
      return { reason: "lost", message: `the terminal cannot be reached: ${error}` };
    }
    return { reason: "detached", message: `tmux has detached this viewer: ${message}` };
  }
}

function closeOnAbort(stream: TerminalStream, signal: AbortSignal | undefined): void {
  const close = () => void stream.close();
  if (signal?.aborted) close();
  signal?.addEventListener("abort", close, { once: true });
  void stream.ended.then(() => signal?.removeEventListener("abort", close));
}

function ended(): TerminalEnd {
  return { reason: "ended", message: "the terminal has ended" };
}

function notInTerminal({ record }: SessionRunner): SessionError {
  return new SessionError("conflict", `session "${record.name}" is not in a terminal: attach it first`);
}

function checkInteractive(runner: SessionRunner): void {
  const { state, terminal } = runner.record;
  if (state.mode !== "interactive" || terminal === null) throw notInTerminal(runner);
}
