/**
 * Durations as Go prints them, in texts that the contract fixes.
 *
 * @module
 */

/**
 * Formats a duration as Go does, except for hours.
 *
 * @param ms The duration, in milliseconds.
 */
export function goDuration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = ms % 60_000 / 1000;
  if (minutes === 0) return ms < 1000 ? `${ms}ms` : `${seconds}s`;
  return `${minutes}m${seconds}s`;
}
