/**
 * The terminal of a session as bytes, both ways, through a client of tmux in control mode.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import type { Clock } from "../system/clock.ts";
import { ControlClient, type ControlEnd, ControlError } from "./control_client.ts";
import { SessionError } from "./session_error.ts";
import type { TerminalEnd, TerminalSize, TerminalStream } from "./sessions.ts";
import { sizeCommand, TerminalInput } from "./terminal_input.ts";
import { TerminalOutput } from "./terminal_output.ts";
import { readSnapshot, repaint, snapshotCommands } from "./terminal_repaint.ts";
import { type ControlMessage, paneSize } from "./tmux_control.ts";

/** How far this client may stay behind before tmux sends no more, in seconds. Otherwise the program would be held. */
const PAUSE_AFTER_S = 5;
/** How often a screen is painted again because it was read in the middle of a letter. */
const MAX_SPLITS = 3;

/** Where the program of a session is shown. */
export interface TerminalPlace {
  /** tmux's id of its session. */
  readonly tmuxId: string;
  /** tmux's id of the pane. */
  readonly pane: string;
  /** The name of the option that says to whom a pane belongs. */
  readonly ownerOption: string;
  /** The value of that option. */
  readonly owner: string;
}

/** Options of {@linkcode openTerminalStream}. */
export interface TerminalStreamOptions {
  /** The connection to the daemon. */
  readonly client: Client;
  /** The source of time. */
  readonly clock: Clock;
  /** The id of the process. */
  readonly id: string;
  /** tmux's socket. */
  readonly socket: string;
  /** Which pane to show. */
  readonly place: TerminalPlace;
  /** The size that the terminal gets, unless the stream is read-only. */
  readonly size: TerminalSize;
  /** Whether the stream only shows the terminal. */
  readonly isReadOnly: boolean;
  /** Tells why tmux has ended this client, which it does not say itself. */
  readonly explain: (end: ControlEnd) => Promise<TerminalEnd>;
}

/** A terminal stream whose owner can end it for another reason. */
export interface OwnedTerminalStream extends TerminalStream {
  /** Whether the stream has ended, or is about to. */
  readonly isEnding: boolean;
  /** Ends the stream. */
  end(end: TerminalEnd): Promise<void>;
}

/** Opens a stream; settles when it has its first screen. */
export async function openTerminalStream(options: TerminalStreamOptions): Promise<OwnedTerminalStream> {
  const stream = new ControlledTerminal(options);
  try {
    await stream.open();
    return stream;
  } catch (error) {
    await stream.close();
    throw error;
  }
}

class ControlledTerminal implements OwnedTerminalStream {
  readonly #options: TerminalStreamOptions;
  readonly #ended = Promise.withResolvers<TerminalEnd>();
  readonly output = new TerminalOutput(() => this.#refresh());
  readonly #input: TerminalInput;
  #control: ControlClient | undefined;
  #end: TerminalEnd | undefined;
  #closing: Promise<void> | undefined;
  /** Whether the reader needs a new painting, once it has read everything. */
  #isStale = false;
  #isPainting = false;
  /** Output that comes after the screen that is being painted; `undefined` while there is no such screen. */
  #held: Uint8Array<ArrayBuffer>[] | undefined;
  #hasPainted = false;
  #paintedSize: TerminalSize | undefined;
  #window: string | undefined;
  /** The latest size that tmux has told since the screen began to be painted. */
  #toldSize: TerminalSize | undefined;
  /** Whether the reader was too slow: what comes before the next painting is of no use to it. */
  #isDropping = false;
  /** Whether no output has come since the screen was painted. */
  #isFresh = false;
  #splits = 0;

  constructor(options: TerminalStreamOptions) {
    this.#options = options;
    this.#input = new TerminalInput(options.place, (commands) => this.#run(commands));
  }

  get ended(): Promise<TerminalEnd> {
    return this.#ended.promise;
  }

  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  get isReadOnly(): boolean {
    return this.#options.isReadOnly;
  }

  async open(): Promise<void> {
    const { client, clock, id, socket, place, size, isReadOnly } = this.#options;
    const flags = `pause-after=${PAUSE_AFTER_S}${isReadOnly ? ",ignore-size" : ""}`;
    this.#control = await this.#expect(ControlClient.start({
      ...{ client, clock, id },
      // Without -E, the environment of the terminal's later programs would become the daemon's.
      args: ["-u", "-S", socket, "-C", "attach-session", "-E", "-f", flags, "-t", `${place.tmuxId}:`],
      onMessage: (message) => this.#take(message),
      onEnd: (end) => void this.#explainEnd(end),
    }));
    if (!isReadOnly) await this.#run([sizeCommand(size)]);
    await this.#paint();
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkWritable();
    await this.#input.write(bytes);
  }

  async resize(columns: number, rows: number): Promise<void> {
    this.#checkWritable();
    await this.#input.resize({ columns, rows });
  }

  close(): Promise<void> {
    return this.end({ reason: "closed", message: "the terminal was closed" });
  }

  end(end: TerminalEnd): Promise<void> {
    this.#end ??= end;
    return this.#closing ??= this.#close(this.#end);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(end: TerminalEnd): Promise<void> {
    this.output.end();
    await this.#control?.[Symbol.asyncDispose]();
    this.#ended.resolve(end);
  }

  async #explainEnd(end: ControlEnd): Promise<void> {
    await this.end(await this.#options.explain(end));
  }

  #checkWritable(): void {
    if (this.#options.isReadOnly) throw new SessionError("refused", "this stream only shows the terminal");
    if (this.#end !== undefined) throw new SessionError("conflict", this.#end.message);
  }

  /** @throws {SessionError} If tmux refuses a command, or has ended. */
  async #run(commands: readonly string[]): Promise<(readonly Uint8Array[])[]> {
    return await this.#expect(this.#control!.run(commands));
  }

  /** @throws {SessionError} If tmux fails. */
  async #expect<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      const kind = error.isLost ? "unavailable" : "conflict";
      throw new SessionError(kind, this.#end?.message ?? error.message, { cause: error });
    }
  }

  // ---- Output.

  #take(message: ControlMessage): void {
    const { pane } = this.#options.place;
    if (message.kind === "output" && message.pane === pane) this.#takeOutput(message.bytes);
    if (message.kind === "pause" && message.pane === pane) this.#repaintLater();
    if (message.kind === "layout" && message.window === this.#window) {
      this.#toldSize = paneSize(message.layout, pane);
      if (this.#isSizeOld()) this.#repaintLater();
    }
  }

  #isSizeOld(): boolean {
    return this.#toldSize !== undefined && !this.#isPainting && !isSame(this.#toldSize, this.#paintedSize);
  }

  #takeOutput(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#held !== undefined) return void this.#held.push(bytes);
    if (this.#isDropping) return;
    const isSplit = this.#isFresh && isContinuation(bytes[0]);
    this.#isFresh = false;
    if (!this.output.push(bytes)) {
      // Until the reader comes back, tmux need not send what would be dropped.
      this.#isStale = this.#isDropping = true;
      this.#pause().catch((error) => this.#fail(error));
    } else if (!isSplit) this.#splits = 0;
    else if (this.#splits++ < MAX_SPLITS) this.#repaintLater();
  }

  #repaintLater(): void {
    this.#isStale = true;
    this.#refresh();
  }

  /** Paints the screen again, if that is due and the reader is ready for it. */
  #refresh(): void {
    if (!this.#isStale || !this.output.isAwaited || this.#isPainting || this.#end !== undefined) return;
    this.#paint().then(() => this.#refresh(), (error) => this.#fail(error));
  }

  async #paint(): Promise<void> {
    this.#isPainting = true;
    try {
      await this.#paintNow();
    } finally {
      this.#isPainting = false;
    }
    if (this.#isSizeOld()) this.#isStale = true;
  }

  /**
   * Reads the screen and paints it. tmux sends no output of the pane between the pause and the reading, which is one
   * with the end of the pause: all output before the pause is on the screen, and all that follows is sent.
   */
  async #paintNow(): Promise<void> {
    const { place: { pane, ownerOption, owner } } = this.#options;
    this.#isStale = false;
    this.#toldSize = undefined;
    await this.#pause();
    // Where panes share a window, output can overtake the replies.
    this.#held = [];
    const replies = await this.#run([...snapshotCommands(pane, ownerOption), `refresh-client -A '${pane}:continue'`]);
    const snapshot = readSnapshot(replies);
    if (snapshot.owner !== owner) throw new SessionError("conflict", "the terminal of the session has ended");
    const { pane_width: columns, pane_height: rows } = snapshot.fields;
    this.#window = snapshot.window;
    this.#paintedSize = { columns, rows };
    this.output.paint(this.#paintedSize, repaint(snapshot, { isFirst: !this.#hasPainted }));
    this.#hasPainted = this.#isFresh = true;
    this.#isDropping = false;
    const held = this.#held;
    this.#held = undefined;
    for (const bytes of held) this.#takeOutput(bytes);
  }

  async #pause(): Promise<void> {
    await this.#run([`refresh-client -A '${this.#options.place.pane}:pause'`]);
  }

  /** The pane is gone although the client of tmux is there: a person may have made other panes. */
  #fail(error: unknown): void {
    if (this.#end !== undefined) return;
    void this.#explainEnd({ isLost: false, message: error instanceof Error ? error.message : String(error) });
  }
}

function isSame(a: TerminalSize | undefined, b: TerminalSize | undefined): boolean {
  return a?.columns === b?.columns && a?.rows === b?.rows;
}

/** Whether a byte goes on with a letter of several bytes. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
