/**
 * The hub as a program of its own: it runs until a signal or a client stops it.
 *
 * @module
 */

import type { Logger } from "../system/log.ts";
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
  using _net = surviveBugs(options.log);
  using signals = listenForStopSignals();
  await using hub: RunningHub = await startHub(options);
  onReady();
  await Promise.race([hub.stopRequested, signals.received]);
  await hub.stop();
}

/** Logs errors that nothing catches: each is a bug, for which not all sessions should lose their hub. */
function surviveBugs(log: Logger): Disposable {
  const note = (event: Event, error: unknown) => {
    event.preventDefault();
    log.error(`[bug] nothing caught this: ${Deno.inspect(error)}`);
  };
  const onError = (event: ErrorEvent) => note(event, event.error);
  const onRejection = (event: PromiseRejectionEvent) => note(event, event.reason);
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onRejection);
  return {
    [Symbol.dispose]() {
      removeEventListener("error", onError);
      removeEventListener("unhandledrejection", onRejection);
    },
  };
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
