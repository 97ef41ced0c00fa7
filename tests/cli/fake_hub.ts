import type { HubClient } from "../../lib/hub/hub_client.ts";
import type { OperationName, OperationParams, OperationResult } from "../../lib/hub/operation_types.ts";

/** What a hub answers to some operations. */
export type Handlers = { [N in OperationName]?: (params: OperationParams<N>) => OperationResult<N> };

/** A hub that answers some operations and does nothing else. */
export function fakeHub(handlers: Handlers): HubClient {
  return {
    call<N extends OperationName>(name: N, params: OperationParams<N>) {
      const handler: ((params: OperationParams<N>) => OperationResult<N>) | undefined = handlers[name];
      if (handler === undefined) return Promise.reject(new Error(`Cannot call ${name} in this test`));
      return Promise.resolve(handler(params));
    },
    // deno-lint-ignore require-yield
    async *follow() {
      throw new Error("Cannot follow in this test");
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
