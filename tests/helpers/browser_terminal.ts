import headless from "@xterm/headless";
import type { TerminalStream } from "../../lib/sessions/sessions.ts";
import { waitFor } from "./wait.ts";

/** What a browser shows of a terminal stream. It reads the stream until its end. */
export interface BrowserTerminal {
  /** The emulator. */
  readonly emulator: InstanceType<typeof headless.Terminal>;
  /** All bytes that have come. */
  bytes(): Uint8Array;
  /** How many times the screen was painted. */
  readonly paintings: number;
  /** The lines of the screen, without spaces at their ends. */
  screen(): string[];
  /** All lines, including those above the screen. */
  lines(): string[];
  /** Waits until the screen shows a text. */
  shows(text: string): Promise<void>;
  /** Settles when the stream is over. */
  readonly over: Promise<void>;
}

/** Shows a stream in the emulator that the page uses. */
export function browserTerminal({ output }: TerminalStream): BrowserTerminal {
  const emulator = new headless.Terminal({ allowProposedApi: true, scrollback: 1_000_000 });
  const pieces: Uint8Array[] = [];
  let paintings = 0;
  const read = async () => {
    for await (const piece of output) {
      if (piece instanceof Uint8Array) {
        pieces.push(piece);
        await new Promise<void>((resolve) => emulator.write(piece, resolve));
      } else {
        paintings++;
        emulator.resize(piece.columns, piece.rows);
      }
    }
  };
  const line = (i: number) => emulator.buffer.active.getLine(i)?.translateToString(true) ?? "";
  const lines = () => Array.from({ length: emulator.buffer.active.length }, (_, i) => line(i));
  const screen = () => lines().slice(emulator.buffer.active.baseY);
  return {
    emulator,
    bytes: () => new Uint8Array(pieces.flatMap((piece) => [...piece])),
    get paintings() {
      return paintings;
    },
    lines,
    screen,
    async shows(text) {
      try {
        await waitFor(`"${text}" in the browser`, () => screen().join("\n").includes(text), 10_000);
      } catch (error) {
        throw new Error(`the browser shows:\n${screen().join("\n")}`, { cause: error });
      }
    },
    over: read(),
  };
}
