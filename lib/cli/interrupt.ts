/**
 * Ctrl-C and its like, as a signal that work can be given up by.
 *
 * @module
 */

/** The exit code of a command that was interrupted. */
export const INTERRUPTED = 130;

/** Aborts when the user, or the system, wants the program to end. Goes with its scope. */
export function untilInterrupted(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, abort);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, abort);
    },
  };
}
