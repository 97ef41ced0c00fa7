/**
 * The `server` methods of `contract = next` (contract: Server methods of next).
 *
 * @module
 */

import { type Method, plainMethod } from "../../rpc/dispatch.ts";
import type { ClientContext, DaemonContext } from "../context.ts";
import { capabilitiesMethod } from "../server.ts";

/** The `server` methods that differ. */
export function nextServerMethods(daemon: DaemonContext): Method<ClientContext>[] {
  const { version, generation, instance } = daemon;
  return [
    capabilitiesMethod(daemon, {
      version,
      methods: generation.methods,
      instanceId: instance.id,
      startedAt: instance.startedAt,
      features: generation.features,
      peerCheck: instance.peerCheck,
    }),
    // The reply often arrives before the connection closes; a client must bear both.
    plainMethod("server.shutdown", () => {
      daemon.childSettings?.log.info("[ServerHandler] server.shutdown received over RPC");
      daemon.shutdown();
      return { ok: true };
    }),
  ];
}
