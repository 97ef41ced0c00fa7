/**
 * The terminal of the person, which passes every key on while a process in a terminal is in the foreground.
 *
 * @module
 */

import { DEFAULT_SIZE, type TerminalSize } from "../client/terminal_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";

/** Ends the modes into which a program may have brought the terminal; the cursor is kept in place. */
const RESET = [
  ...["\\033[?1l", "\\033[?7h", "\\033[?25h", "\\033[?1000l", "\\033[?1002l", "\\033[?1003l", "\\033[?1004l"],
  ...["\\033[?1006l", "\\033[?2004l", "\\033>", "\\033[<u", "\\033[>4m", "\\0337\\033[r\\0338", "\\0337\\033[?1049l"],
  ...["\\033(B\\017\\033[m\\r\\n"],
].join("");

/**
 * A shell that sets the terminal up, waits, and brings it back. It is a process of its own, so that it does that also
 * if this program is killed; signals do not end it. A terminal that somebody else has set up meanwhile stays as it is.
 */
const GUARD = `trap "" HUP INT QUIT TERM TSTP
saved=$(stty -g </dev/tty) && stty raw -echo -iexten </dev/tty && raw=$(stty -g </dev/tty) || exit
trap "" TTIN TTOU
echo ready
read -r word
if [ "$(stty -g </dev/tty)" = "$raw" ]; then stty "$saved" </dev/tty; fi
if [ "$word" != done ]; then printf '${RESET}' >/dev/tty; fi`;

/** The person's terminal in raw mode, until disposed. */
export class RawTerminal implements AsyncDisposable {
  readonly #guard: Deno.ChildProcess;
  #isLeft = false;

  private constructor(guard: Deno.ChildProcess) {
    this.#guard = guard;
  }

  /**
   * Sets the terminal up.
   *
   * @throws {ClaustrumError} If that fails.
   */
  static async enter(): Promise<RawTerminal> {
    const guard = new Deno.Command("/bin/sh", {
      args: ["-c", GUARD],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = guard.stdout.getReader();
    const { done } = await reader.read();
    if (!done) {
      await reader.cancel();
      await guard.stderr.cancel();
      return new RawTerminal(guard);
    }
    const [reason] = await Promise.all([new Response(guard.stderr).text(), guard.stdin.close(), guard.status]);
    throw new ClaustrumError(`cannot set up this terminal: ${reason.trim() || "stty failed"}`);
  }

  /** Brings the terminal back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isLeft) return;
    this.#isLeft = true;
    const writer = this.#guard.stdin.getWriter();
    try {
      await writer.write(new TextEncoder().encode("done\n"));
      await writer.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      throw new ClaustrumError("this terminal cannot be brought back, because its guard was killed: type reset");
    } finally {
      await this.#guard.status;
    }
  }
}

/** Returns the size of the person's terminal; 80×24 if there is none. */
export function ownSize(): TerminalSize {
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : DEFAULT_SIZE;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return DEFAULT_SIZE; // neither stdin nor stdout nor stderr is a terminal
  }
}
