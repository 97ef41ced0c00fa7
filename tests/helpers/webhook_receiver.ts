import { waitFor } from "./wait.ts";

/** A request that a webhook has received. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What a receiver answers; `"hang"` for nothing. */
export type ReceiverAnswer = Response | "hang";

/** A server that receives what webhooks are told. */
export interface WebhookReceiver extends AsyncDisposable {
  /** Its address, without a path. */
  readonly url: string;
  /** All that it has received, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** Waits until it has received that many requests, and returns them. */
  received(count: number): Promise<readonly ReceivedRequest[]>;
}

/**
 * Starts a server on a free port of loopback.
 *
 * @param answer Answers the requests, which are numbered from 0. @default {200}
 */
export function webhookReceiver(
  answer: (index: number, request: ReceivedRequest) => ReceiverAnswer | Promise<ReceiverAnswer> = () =>
    new Response("ok"),
): WebhookReceiver {
  const requests: ReceivedRequest[] = [];
  const end = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { method, url, headers } = request;
    const received = { method, path: new URL(url).pathname, headers, body: await request.text() };
    const index = requests.push(received) - 1;
    const response = await answer(index, received);
    if (response !== "hang") return response;
    await end.promise;
    return new Response(null, { status: 503 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    async received(count) {
      await waitFor(`${count} requests of webhooks`, () => requests.length >= count);
      return requests;
    },
    async [Symbol.asyncDispose]() {
      end.resolve();
      await server.shutdown();
    },
  };
}
