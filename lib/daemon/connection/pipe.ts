/**
 * The named pipe that Windows clients may use beside the socket (contract: Windows). What is particular to
 * the system is handed in, so that the rest is the same, and tested, everywhere.
 *
 * @module
 */

import type { ByteStream } from "../../system/io.ts";
import type { DaemonPaths } from "../../system/paths.ts";
import { removeIfThere, writePrivateFile } from "../../system/private_files.ts";
import { errnoText } from "../../system/errno.ts";
import type { Logger } from "../../system/log.ts";

/** How the system lets a program listen on a pipe. */
export interface PipeSystem {
  /** A name that nobody else has. */
  newAddress(): string;
  /** Listens; hands over nothing before `published` has settled. */
  listen(address: string, published: Promise<void>, accept: (stream: ByteStream) => void): Promise<AsyncDisposable>;
}

/** What a pipe is served with. */
export interface PipeOptions {
  /** The daemon's files; the address is published among them. */
  readonly paths: DaemonPaths;
  /** Takes connections. */
  readonly accept: (stream: ByteStream) => void;
  /** The system's part. */
  readonly system: PipeSystem;
  /** Where its story goes. */
  readonly log: Logger;
}

/** The file that tells clients the pipe's address. */
function pipeFile({ directory }: DaemonPaths): string {
  return `${directory}/rpc.pipe`;
}

/**
 * Serves a pipe until it is disposed of; that it cannot be served is logged, and not fatal.
 *
 * @param isWanted Whether one is to be served; when not, an address that was left behind is removed.
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
