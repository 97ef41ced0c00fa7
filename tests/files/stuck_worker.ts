// It is asked for something and never looks at its messages again.
globalThis.addEventListener("message", () => {
  for (;;);
});
