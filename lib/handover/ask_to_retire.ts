/**
 * Asking a daemon to retire.
 *
 * @module
 */

import { dial } from "../client/dial.ts";
import { readDaemonToken } from "../client/daemon_token.ts";
import { WireConnection } from "../client/wire_connection.ts";

/** How long the daemon may take to answer, in milliseconds. */
const ANSWER_MS = 5_000;

/**
 * Asks the daemon on a socket to retire, and waits until it has.
 *
 * @param socket The path of its public socket; its token is in the same directory.
 * @throws {Error} If it cannot be reached or refuses to retire.
 */
export async function askToRetire(socket: string): Promise<void> {
  const token = await readDaemonToken(socket);
  using connection = new WireConnection({ transport: await dial(socket), token, onFrame: () => {} });
  try {
    await connection.request("server.retire", {}, AbortSignal.timeout(ANSWER_MS));
  } finally {
    connection.close();
    await connection.finished;
  }
}
