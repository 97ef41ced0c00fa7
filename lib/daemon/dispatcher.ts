/**
 * The daemon's dispatcher: its methods, the check of the token, and the reports to the log and the metrics.
 *
 * @module
 */

import type { Admit, ClientContext, DaemonContext } from "../methods/context.ts";
import { filesMethods } from "../methods/files.ts";
import { gitMethods } from "../methods/git.ts";
import { processMethods } from "../methods/process.ts";
import { serverMethods } from "../methods/server.ts";
import { createDispatcher, type Dispatch, type Method, type OnAnswer } from "../rpc/dispatch.ts";
import type { Envelope } from "../rpc/envelope.ts";
import type { Logger } from "../system/log.ts";

/** The namespaces of the contract. */
const NAMESPACES = ["server", "files", "git", "process"];

/** Returns all methods of a daemon. */
export function daemonMethods(context: DaemonContext): Method<ClientContext>[] {
  return [...serverMethods(context), ...filesMethods(context), ...gitMethods(context), ...processMethods(context)];
}

/** Creates the dispatcher. */
export function daemonDispatcher(
  methods: readonly Method<ClientContext>[],
  isAuthorized: Admit,
  log: Logger,
  onAnswer?: OnAnswer,
): Dispatch<ClientContext> {
  const logId = ({ id }: Envelope) => id === "null" ? "" : id;
  return createDispatcher<ClientContext>({
    methods,
    namespaces: NAMESPACES,
    isAuthorized,
    onUnauthorized: (envelope) =>
      log.warn(`[Server] Unauthorized request: method=${envelope.method}, id=${logId(envelope)}`),
    onPanic: (envelope, error) => {
      log.error(`[Server] recovered panic: method=${envelope.method} id=${logId(envelope)}: ${error}`);
      if (error instanceof Error) log.debug(`[Server] ${error.stack}`);
    },
    ...(onAnswer === undefined ? {} : { onAnswer }),
  });
}
