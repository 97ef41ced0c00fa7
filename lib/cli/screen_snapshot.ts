/**
 * What the terminal of a process shows now, made from the output that the daemon still holds.
 *
 * @module
 */

import headless from "@xterm/headless";
import type { Client } from "../client/connect.ts";
import { TerminalError } from "../client/errors.ts";
import { DEFAULT_SIZE, type TerminalSize } from "../client/terminal_command.ts";
import { terminalSize } from "../client/terminal_size.ts";
import { concat } from "../system/io.ts";
import { ScreenModes } from "./screen_modes.ts";
import { paintScreen } from "./screen_painter.ts";

/** How many lines above the screen are shown again. */
const HISTORY_LINES = 1_000;

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
  const emulator = new headless.Terminal({
    allowProposedApi: true,
    cols: size.columns,
    rows: size.rows,
    scrollback: HISTORY_LINES,
  });
  const modes = new ScreenModes();
  try {
    // Frames that are no longer there are no error: the screen shows what the rest of them draws.
    for await (const frame of lastSeq === 0 ? [] : client.frames(id, { observe: true, onGap: () => {} })) {
      if (frame.stream === "stdout") {
        modes.take(frame.data);
        await new Promise<void>((resolve) => emulator.write(frame.data, resolve));
      }
      if (frame.seq >= lastSeq) break;
    }
    emulator.resize(own.columns, own.rows);
    const text = new TextEncoder().encode(paintScreen(emulator) + modes.enter());
    return { size, lastSeq, modes, painting: concat([text, modes.unfinished]) };
  } finally {
    emulator.dispose();
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
