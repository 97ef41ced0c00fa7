/**
 * The named pipe that Windows clients may use instead of the socket (contract: Windows). The system's part is passed in,
 * so that the rest can be tested on every system.
 *
 * @module
 */

import type { ByteStream } from "../../system/io.ts";
import type { DaemonPaths } from "../../system/paths.ts";
import { removeIfThere, writePrivateFile } from "../../system/private_files.ts";
import { errnoText } from "../../system/errno.ts";
import type { Logger } from "../../system/log.ts";

/** The part of serving a pipe that depends on the system. */
export interface PipeSystem {
  /** Returns an unused address. */
  newAddress(): string;
  /** Listens on an address, and accepts no connection before `published` has settled. */
  listen(address: string, published: Promise<void>, accept: (stream: ByteStream) => void): Promise<AsyncDisposable>;
}

/** Options of {@linkcode servePipe}. */
export interface PipeOptions {
  /** The paths of the daemon's files; the address is published in the same directory. */
  readonly paths: DaemonPaths;
  /** Called with each connection. */
  readonly accept: (stream: ByteStream) => void;
  /** The part that depends on the system. */
  readonly system: PipeSystem;
  /** The log of the daemon. */
  readonly log: Logger;
}

/** Returns the path of the file that publishes the pipe's address. */
function pipeFile({ directory }: DaemonPaths): string {
  return `${directory}/rpc.pipe`;
}

/**
 * Serves a pipe until it is disposed of. A failure to serve it is logged and is not fatal.
 *
 * @param isWanted Whether to serve a pipe. If not, an address that an earlier daemon published is removed.
 */
export async function servePipe(isWanted: boolean, options: PipeOptions): Promise<AsyncDisposable | undefined> {
  const { paths, accept, system, log } = options;
  const file = pipeFile(paths);
  await removeIfThere(file);
  if (!isWanted) return undefined;
  const address = system.newAddress();
  const published = Promise.withResolvers<void>();
  try {
    await using listening = new AsyncDisposableStack();
    listening.use(await system.listen(address, published.promise, accept));
    await writePrivateFile(file, address);
    listening.defer(() => removeIfThere(file));
    published.resolve();
    log.info(`[Server] also listening on named pipe ${address}`);
    return listening.move();
  } catch (error) {
    log.error(`[Server] named-pipe transport: ${errnoText(error)}`);
    return undefined;
  }
}
