/**
 * Work that is done when the page is drawn next.
 *
 * @module
 */

/** After so long, what was to be done in the next frame is done without one: a hidden page has none. In milliseconds. */
const NO_FRAME_MS = 250;

/** Runs work in the next frame, or a little later while the page is hidden. */
export function inNextFrame(work: () => void): void {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    work();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, NO_FRAME_MS);
}
