/**
 * The hub's socket: it accepts clients until it is disposed of.
 *
 * @module
 */

import { acceptAll } from "../system/accept.ts";
import { listenPrivately, mayListen, removeStagedSockets } from "../system/private_socket.ts";
import { SOCKET_CALLER } from "./caller.ts";
import type { HubPaths } from "./hub_paths.ts";
import { type HubConnection, serveHubConnection } from "./hub_connection.ts";
import { hubDispatcher } from "./hub_dispatcher.ts";
import type { LiveFeed } from "./live_feed.ts";
import type { OperationContext } from "./operation.ts";

/** Options of {@linkcode serveSocket}. */
export interface SocketServerOptions {
  /** The paths of the hub's files; their directories are there. */
  readonly paths: Pick<HubPaths, "socket" | "sockets">;
  /** A path that the socket is bound to before it is published, if the program may listen there. */
  readonly stagingPath?: string | undefined;
  /** Checks a request's token in constant time. */
  readonly isAuthorized: (auth: string) => boolean;
  /** What happens. */
  readonly feed: LiveFeed;
  /** What operations work with. */
  readonly operations: Omit<OperationContext, "caller">;
}

/**
 * Serves the hub's socket until the result is disposed of: then no client is accepted any more, the requests in flight are
 * answered within a second, and all connections are closed.
 *
 * @throws {ServeError} If the socket cannot be bound.
 */
export async function serveSocket(options: SocketServerOptions): Promise<AsyncDisposable> {
  const { paths, stagingPath, feed } = options;
  const operations = { ...options.operations, caller: SOCKET_CALLER };
  const { clock, log } = operations;
  await removeStagedSockets(paths.sockets);
  const socket = await listenPrivately(paths.socket, {
    stagingPath: stagingPath !== undefined && mayListen(stagingPath) ? stagingPath : undefined,
  });
  const connections = new Set<HubConnection>();
  const dispatch = hubDispatcher({ isAuthorized: options.isAuthorized, log });
  const accept = (stream: Deno.Conn) => {
    const connection = serveHubConnection(stream, { dispatch, feed, operations, clock, log });
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  };
  const accepting = acceptAll(socket.listener, accept, log, clock);
  const close = async () => {
    await socket.close(accepting, true);
    await Promise.all([...connections].map((connection) => connection.finish()));
    await Promise.all([...connections].map(({ closed }) => closed));
  };
  try {
    await socket.publish();
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}
