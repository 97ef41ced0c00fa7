/**
 * Named pipes of Windows, through the sockets of `node:net`, which support them (contract: Windows).
 *
 * @module
 */

import type { Server, Socket } from "node:net";
import type { ByteStream } from "../../system/io.ts";
import type { PipeSystem } from "./pipe.ts";

/** The named pipes of Windows. */
export const windowsPipes: PipeSystem = {
  newAddress: () => `\\\\.\\pipe\\claustrum-${crypto.randomUUID()}`,
  listen: listenWithSockets,
};

/** Listens on what `node:net` calls a path: a pipe on Windows, a unix socket on other systems. */
export async function listenWithSockets(
  address: string,
  published: Promise<void>,
  accept: (stream: ByteStream) => void,
): Promise<AsyncDisposable> {
  const { createServer } = await import("node:net");
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, async (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    await published;
    accept(streamOf(socket));
  });
  await listening(server, address);
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, resolve);
  });
}

/** Returns a socket of `node:net` as a stream of bytes. */
function streamOf(socket: Socket): ByteStream {
  const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  let rest = new Uint8Array(0);
  return {
    async read(into) {
      if (rest.length === 0) {
        const { value, done } = await chunks.next();
        if (done === true) return null;
        rest = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
      }
      const taken = rest.subarray(0, into.length);
      into.set(taken);
      rest = rest.subarray(taken.length);
      return taken.length;
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes.slice(), (error) => error ? reject(error) : resolve(bytes.length));
      }),
    close: () => void socket.destroy(),
  };
}
