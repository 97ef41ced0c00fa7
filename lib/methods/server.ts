/**
 * The `server` methods (contract: Server methods).
 *
 * @module
 */

import { EncodedResult, type Method, NO_REPLY, plainMethod } from "../rpc/dispatch.ts";
import { INTERNAL_ERROR, RpcError } from "../rpc/errors.ts";
import type { Envelope } from "../rpc/envelope.ts";
import { schemaOf } from "../rpc/protocol.ts";
import { structDecoder } from "../rpc/struct.ts";
import { archName, platformName } from "../system/platform.ts";
import type { ClientContext, DaemonContext } from "./context.ts";

/** The `server` methods. */
export function serverMethods(daemon: DaemonContext): Method<ClientContext>[] {
  const { version } = daemon;
  const pong = new EncodedResult({ pong: true });
  return [
    plainMethod("server.ping", () => pong),
    plainMethod("server.version", () => ({ version, platform: platformName(), arch: archName() })),
    capabilitiesMethod(daemon, { version, methods: daemon.generation.methods, features: daemon.generation.features }),
    plainMethod("server.retire", () => daemon.retire().then(() => ({ success: true }), refuse)),
    plainMethod("server.shutdown", () => {
      daemon.shutdown();
      return NO_REPLY;
    }),
  ];
}

/** The extensions, in the order of the contract (contract: Extensions). */
const EXTENSIONS: readonly string[] = [
  "capabilities",
  "wantPid",
  "process.list",
  "process.observe",
  "process.closeStdin",
  "exitDetail",
  "handover",
  "process.notice",
  "process.reattach.pid",
  "process.stdin.exact",
  "process.group",
  "keepsChildren",
  "process.forget",
  "process.restart",
  "process.spawn.fresh",
  "process.rename",
  "process.inspect",
  "process.labels",
  "process.times",
  "process.log",
  "process.cleanEnv",
];

function refuse(error: unknown): never {
  throw new RpcError(INTERNAL_ERROR, error instanceof Error ? error.message : String(error));
}

/**
 * Declares `server.capabilities`.
 *
 * @param base The result without extensions; its fields are sent in their order.
 */
export function capabilitiesMethod({ keepsChildren }: DaemonContext, base: object): Method<ClientContext> {
  const plain = new EncodedResult(base);
  return {
    name: "server.capabilities",
    run({ params }) {
      if (!asksForExtensions(params)) return plain;
      return { ...base, ...(keepsChildren ? { keepsChildren } : {}), extensions: EXTENSIONS };
    },
  };
}

const decodeParams = structDecoder(schemaOf("server.capabilities"));

/** Returns false for params of the wrong type, which the contract ignores. */
function asksForExtensions(params: Envelope["params"]): boolean {
  try {
    return params !== undefined && decodeParams(params).extensions;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
