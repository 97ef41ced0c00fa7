/**
 * A worker that receives a request and then blocks forever.
 *
 * @module
 */

globalThis.addEventListener("message", () => {
  for (;;);
});
