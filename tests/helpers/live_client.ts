import type { Json } from "./hub_web.ts";
import { soon, waitFor } from "./wait.ts";

/** How a WebSocket was closed. */
export interface LiveClose {
  readonly code: number;
  readonly reason: string;
}

/** A client of live events over a WebSocket, which shares no code with the hub. */
export interface LiveClient extends AsyncDisposable {
  /** The messages so far. */
  readonly messages: readonly Json[];
  /** The ids of the events so far. */
  ids(): number[];
  send(message: string | Uint8Array<ArrayBuffer> | object): void;
  /** Waits for a message that fits; earlier ones count, too. */
  message(what: string, fits: (message: Json) => boolean): Promise<Json>;
  /** Waits for the end. */
  closed(): Promise<LiveClose>;
  close(): void;
}

/**
 * Opens a WebSocket.
 *
 * @throws {Error} If the server refuses it.
 */
export async function connectLive(url: string, headers: Record<string, string>): Promise<LiveClient> {
  const socket = new WebSocket(url, { headers });
  const messages: Json[] = [];
  const { promise: closing, resolve: noteClose } = Promise.withResolvers<LiveClose>();
  const { promise: opening, resolve: noteOpen, reject: noteFailure } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => noteOpen());
  socket.addEventListener("error", (event) => noteFailure(new Error((event as ErrorEvent).message)));
  socket.addEventListener("message", ({ data }) => void messages.push(JSON.parse(data)));
  socket.addEventListener("close", ({ code, reason }) => noteClose({ code, reason }));
  try {
    await soon("a WebSocket", opening);
  } catch (error) {
    await closing;
    throw error;
  }
  return {
    messages,
    ids: () => messages.flatMap(({ type, event }) => type === "event" ? [event.id] : []),
    send(message) {
      const isRaw = typeof message === "string" || message instanceof Uint8Array;
      socket.send(isRaw ? message : JSON.stringify(message));
    },
    message: (what, fits) => waitFor(what, () => messages.find(fits)),
    closed: () => soon("the close", closing),
    close: () => socket.close(),
    async [Symbol.asyncDispose]() {
      socket.close();
      await closing;
    },
  };
}
