/**
 * A screen of the terminal that is drawn again and again, until the user leaves it.
 *
 * @module
 */

import { hasNoReader, toWriteError } from "./print.ts";

/** Enters another screen and hides the cursor. */
const ENTER = "\x1b[?1049h\x1b[?25l";
/** Shows the cursor and returns to the screen before. */
const LEAVE = "\x1b[?25h\x1b[?1049l";
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ["\x1b[H", "\x1b[K", "\x1b[J"];
const Q = "q".charCodeAt(0);
/** The signals that end the screen; Windows has only the first. */
const ENDING: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Draws text for a width. */
export type Render = (columns: number) => string;

/** The terminal, as long as a command draws on it. Disposing of it restores the terminal. */
export class LiveScreen implements Disposable {
  readonly #left = Promise.withResolvers<void>();
  readonly #leave = () => {
    this.#isLeft = true;
    this.#left.resolve();
  };
  readonly #redraw = () => this.#paint();
  readonly #hasKeys = Deno.stdin.isTerminal();
  #isLeft = false;
  #render: Render = () => "";

  /** Takes over the terminal of stdout. */
  constructor() {
    for (const signal of ENDING) Deno.addSignalListener(signal, this.#leave);
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGWINCH", this.#redraw);
    if (this.#hasKeys) {
      Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
      void this.#readKeys();
    }
    this.#write(ENTER);
  }

  /** Whether the user has left it, or the terminal is gone. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Draws text, also when the size of the terminal changes; lines that do not fit are left out. */
  draw(render: Render): void {
    this.#render = render;
    this.#paint();
  }

  /**
   * Waits until the user leaves.
   *
   * @param ms How long to wait at most, in milliseconds.
   */
  async wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([this.#left.promise, promise]);
    clearTimeout(timer);
  }

  /** Restores the terminal. */
  [Symbol.dispose](): void {
    this.#write(LEAVE);
    if (this.#hasKeys) Deno.stdin.setRaw(false);
    for (const signal of ENDING) Deno.removeSignalListener(signal, this.#leave);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGWINCH", this.#redraw);
  }

  #paint(): void {
    if (this.#isLeft) return;
    const { columns, rows } = Deno.consoleSize();
    const lines = this.#render(columns).split("\n").slice(0, rows);
    this.#write(HOME + lines.map((line) => line + CLEAR_LINE).join("\r\n") + CLEAR_BELOW);
  }

  async #readKeys(): Promise<void> {
    const key = new Uint8Array(16);
    for (;;) {
      const count = await Deno.stdin.read(key);
      if (count === null) return;
      if (key.subarray(0, count).includes(Q)) return this.#leave();
    }
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
    } catch (error) {
      if (!hasNoReader(error)) throw toWriteError("stdout", error);
      this.#leave();
    }
  }
}
