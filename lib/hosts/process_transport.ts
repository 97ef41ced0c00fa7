/**
 * The stdin and stdout of a process of the daemon as one stream of bytes.
 *
 * @module
 */

import type { RemoteProcess } from "../client/remote_process.ts";
import type { Transport } from "../client/wire_connection.ts";

/**
 * Returns a stream that writes to the stdin of a process and reads its stdout.
 *
 * @param end Ends the process; called once, when the stream is closed.
 */
export function processTransport(process: RemoteProcess, end: () => void): Transport {
  const stdin = process.stdin.getWriter();
  const stdout = process.stdout.getReader();
  stdin.closed.catch(() => {}); // a reader notices the end
  let rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  let isClosed = false;
  return {
    async read(into) {
      while (rest.length === 0) {
        const { value, done } = await stdout.read();
        if (done) return null;
        rest = value;
      }
      const n = Math.min(into.length, rest.length);
      into.set(rest.subarray(0, n));
      rest = rest.subarray(n);
      return n;
    },
    async write(bytes) {
      // The caller may use its array again.
      await stdin.write(bytes.slice());
      return bytes.length;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      stdout.cancel().catch(() => {}); // the process may have ended already
      end();
    },
  };
}
