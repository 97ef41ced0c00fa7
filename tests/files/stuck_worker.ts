// A worker that gets a request and never handles messages again.
globalThis.addEventListener("message", () => {
  for (;;);
});
