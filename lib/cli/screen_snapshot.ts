/**
 * What the terminal of a process shows now, made from the output that the daemon still holds.
 *
 * @module
 */

// By its path: the package tells bundlers another one, where nothing is.
// @ts-types="@xterm/headless"
import { Terminal } from "@xterm/headless/lib-headless/xterm-headless.mjs";
import type { Client } from "../client/connect.ts";
import { TerminalError } from "../client/errors.ts";
import { DEFAULT_SIZE, type TerminalSize } from "../client/terminal_command.ts";
import { terminalSize } from "../client/terminal_size.ts";
import { concat } from "../system/io.ts";
import { ScreenModes } from "./screen_modes.ts";
import { paintScreen } from "./screen_painter.ts";

/** How many lines above the screen are shown again. */
const HISTORY_LINES = 1_000;

/** How much of the output is given to the emulator, in bytes: it takes megabytes a second. */
const MAX_EMULATED = 1 << 20;

/** The screen of a process at one moment. */
export interface ScreenSnapshot {
  /** Its size there. */
  readonly size: TerminalSize;
  /** The `seq` of the last frame that it contains. */
  readonly lastSeq: number;
  /** The modes of the terminal. */
  readonly modes: ScreenModes;
  /** What shows it on the person's terminal. */
  readonly painting: Uint8Array<ArrayBuffer>;
}

/**
 * Makes a snapshot of a process that has a terminal.
 *
 * @param lastSeq The `seq` of the last frame to take.
 * @param own The size of the person's terminal.
 */
export async function takeSnapshot(
  client: Client,
  id: string,
  lastSeq: number,
  own: TerminalSize,
): Promise<ScreenSnapshot> {
  const size = await sizeOf(client, id);
  const output = new RecentOutput();
  // Frames that are no longer there are no error: the screen shows what the rest of them draws.
  for await (const frame of lastSeq === 0 ? [] : client.frames(id, { observe: true, onGap: () => {} })) {
    if (frame.stream === "stdout") output.take(frame.data);
    if (frame.seq >= lastSeq) break;
  }
  const emulator = new Terminal({
    allowProposedApi: true,
    cols: size.columns,
    rows: size.rows,
    scrollback: HISTORY_LINES,
  });
  try {
    for (const piece of output.pieces()) await new Promise<void>((resolve) => emulator.write(piece, resolve));
    emulator.resize(own.columns, own.rows);
    const { modes } = output;
    const text = new TextEncoder().encode(paintScreen(emulator) + modes.enter());
    return { size, lastSeq, modes, painting: concat([text, modes.unfinished]) };
  } finally {
    emulator.dispose();
  }
}

/** The latest output of a process, and the modes that all of its output has set. */
class RecentOutput {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;
  /** The modes before the first piece. */
  readonly #before = new ScreenModes();
  /** The modes after the last piece. */
  readonly modes: ScreenModes = new ScreenModes();

  take(output: Uint8Array): void {
    this.modes.take(output);
    this.#pieces.push(output);
    this.#length += output.length;
    while (this.#length > MAX_EMULATED) {
      const oldest = this.#pieces.shift();
      if (oldest === undefined) return;
      this.#before.take(oldest);
      this.#length -= oldest.length;
    }
  }

  /** Returns what shows on a fresh terminal what all of the output would. */
  pieces(): readonly Uint8Array[] {
    const second = this.#before.isAlternate ? "\x1b[?1049h" : "";
    return [new TextEncoder().encode(second + this.#before.enter()), this.#before.unfinished, ...this.#pieces];
  }
}

async function sizeOf(client: Client, id: string): Promise<TerminalSize> {
  try {
    return await terminalSize(client, id);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    return DEFAULT_SIZE; // the process has ended
  }
}
