/**
 * Finds the width of the terminal.
 *
 * @module
 */

/**
 * Returns the width of the terminal that a stream writes to.
 *
 * @returns `Infinity` if the stream is not a terminal, or if its width is unknown. A serial line reports 0.
 */
export function columnsOf(stream: { isTerminal(): boolean }): number {
  if (!stream.isTerminal()) return Infinity;
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : Infinity;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return Infinity; // the terminal has just closed
  }
}
