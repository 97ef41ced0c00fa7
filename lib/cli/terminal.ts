/**
 * How wide the terminal is.
 *
 * @module
 */

/**
 * The columns of the terminal that a stream goes to.
 *
 * @returns `Infinity` when it goes elsewhere, or nobody knows: a serial line tells 0.
 */
export function columnsOf(stream: { isTerminal(): boolean }): number {
  if (!stream.isTerminal()) return Infinity;
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : Infinity;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return Infinity; // the terminal has closed just now
  }
}
