/**
 * Connects to a retired daemon.
 *
 * @module
 */

import { dial, DialError } from "../client/dial.ts";
import { ConnectionLostError } from "../client/errors.ts";
import { WireConnection } from "../client/wire_connection.ts";
import type { PredecessorProcess } from "../methods/context.ts";
import type { Clock } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import { listProcesses, Predecessor, type PredecessorOptions } from "./predecessor.ts";
import { removeRetiredFiles, type RetiredDaemon, type RetiredFiles, waitForToken } from "./retired_files.ts";

/** How often to connect again to a retired daemon that closes the connection. */
const ATTEMPTS = 3;

/**
 * Connects to a retired daemon, and removes its files if it has ended.
 *
 * @returns `undefined` if the daemon cannot be reached.
 */
export async function connectPredecessor(
  daemon: RetiredDaemon,
  options: PredecessorOptions,
): Promise<Predecessor | undefined> {
  const { files, pid } = daemon;
  try {
    // Fails at once if the daemon has ended, before anything waits for its token.
    (await dial(files.socket)).close();
    const [control, processes] = await takeControl(files, options.clock);
    return new Predecessor(daemon, control, processes, options);
  } catch (error) {
    if (error instanceof DialError) {
      options.log.info(`[handover] the retired daemon (pid ${pid}) is gone`);
      await removeRetiredFiles(files);
    } else options.log.warn(`[handover] cannot relay to the retired daemon (pid ${pid}): ${errnoText(error)}`);
    return undefined;
  }
}

/** Takes the token of a retired daemon, connects with it and lists its processes. */
async function takeControl(files: RetiredFiles, clock: Clock): Promise<[WireConnection, PredecessorProcess[]]> {
  for (let attempt = 1;; attempt++) {
    await waitForToken(files, clock);
    const control = await connectWithToken(files);
    try {
      return [control, await listProcesses(control, { exitDetail: true })];
    } catch (error) {
      control.close();
      // The daemon replaces a token that was read but not used for a second.
      if (!(error instanceof ConnectionLostError) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function connectWithToken({ socket, token }: RetiredFiles): Promise<WireConnection> {
  const transport = await dial(socket);
  try {
    return new WireConnection({ transport, token: await takeToken(token), onFrame: () => {} });
  } catch (error) {
    transport.close();
    throw error;
  }
}

async function takeToken(path: string): Promise<string> {
  const token = await Deno.readTextFile(path);
  await Deno.remove(path);
  return token;
}
