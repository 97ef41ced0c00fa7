/**
 * The hub as a program of its own: it runs until a signal or a client stops it.
 *
 * @module
 */

import { type RunningHub, startHub, type StartHubOptions } from "./start_hub.ts";

/** Options of {@linkcode runHub}. */
export interface RunHubOptions extends StartHubOptions {
  /** Called once the hub listens. */
  readonly onReady: () => void;
}

/**
 * Serves until a signal or a client stops the hub. The caller exits afterwards, whatever is still open.
 *
 * @throws {ServeError} If the hub cannot start.
 */
export async function runHub({ onReady, ...options }: RunHubOptions): Promise<void> {
  using signals = listenForStopSignals();
  await using hub: RunningHub = await startHub(options);
  onReady();
  await Promise.race([hub.stopRequested, signals.received]);
  await hub.stop();
}

interface StopSignals extends Disposable {
  /** Settles when a signal has arrived. */
  readonly received: Promise<void>;
}

/** Listens before the hub starts: a signal or a hang-up must not end it halfway through. */
function listenForStopSignals(): StopSignals {
  const { promise: received, resolve } = Promise.withResolvers<void>();
  const handlers = [["SIGTERM", resolve], ["SIGINT", resolve], ["SIGHUP", () => {}]] as const;
  for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
  return {
    received,
    [Symbol.dispose]() {
      for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
    },
  };
}
