/**
 * The daemon's dispatcher: its methods, the check of the token, and the reports to the log and the metrics.
 *
 * @module
 */

import type { Admit, ClientContext } from "../methods/context.ts";
import type { Generation } from "../contract/generation.ts";
import { createDispatcher, type Dispatch, type Method, type OnAnswer } from "../rpc/dispatch.ts";
import type { Envelope } from "../rpc/envelope.ts";
import type { Logger } from "../system/log.ts";

/** Creates the dispatcher. */
export function daemonDispatcher(
  methods: readonly Method<ClientContext>[],
  { namespaces, openMethods }: Generation,
  isAuthorized: Admit,
  log: Logger,
  onAnswer?: OnAnswer,
): Dispatch<ClientContext> {
  const logId = ({ id }: Envelope) => id === "null" ? "" : id;
  return createDispatcher<ClientContext>({
    methods,
    namespaces,
    openMethods,
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
