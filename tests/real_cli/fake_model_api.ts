/**
 * A fake model API on the loopback interface. It streams fixed replies to prompts in the format of the real API, which
 * is enough for an agent CLI to run a session.
 *
 * @module
 */

/** The reply of the model to a prompt. */
export type Turn =
  | { readonly kind: "text"; readonly text: string }
  /** A request to use a tool. */
  | { readonly kind: "tool"; readonly name: string; readonly input: unknown }
  /** A reply that starts and never ends. */
  | { readonly kind: "stall" };

/** A running fake API. */
export interface FakeModelApi extends AsyncDisposable {
  /** The value for `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** The number of requests for a message. */
  readonly requests: number;
}

interface ApiMessage {
  readonly role: string;
  readonly content: string | readonly { readonly type: string; readonly text?: string; readonly content?: unknown }[];
}

/** Starts the API; `reply` returns the turn for the text of the last message. */
export function startFakeModelApi(reply: (lastText: string) => Turn): FakeModelApi {
  let requests = 0;
  const stopped = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, signal: stopped.signal, onListen() {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method !== "POST" || !pathname.endsWith("/v1/messages")) return new Response("{}", { status: 404 });
    const { messages, stream } = await request.json() as { messages: ApiMessage[]; stream?: boolean };
    requests++;
    const turn = reply(lastTextOf(messages));
    if (stream !== true) return Response.json(wholeMessage(turn));
    return new Response(eventsOf(turn), { headers: { "content-type": "text/event-stream" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await server.finished;
    },
  };
}

function lastTextOf(messages: readonly ApiMessage[]): string {
  const content = messages.at(-1)?.content ?? "";
  return typeof content === "string" ? content : JSON.stringify(content);
}

const MESSAGE = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "stand-in",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
} as const;

function blockOf(turn: Turn): Record<string, unknown> {
  if (turn.kind === "tool") return { type: "tool_use", id: "toolu_1", name: turn.name, input: turn.input };
  return { type: "text", text: turn.kind === "text" ? turn.text : "" };
}

function wholeMessage(turn: Turn): unknown {
  return { ...MESSAGE, content: [blockOf(turn)], stop_reason: turn.kind === "tool" ? "tool_use" : "end_turn" };
}

/** Returns a message as a stream of events. */
function eventsOf(turn: Turn): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const event = (type: string, rest: object) =>
    encoder.encode(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
  const delta = turn.kind === "tool"
    ? { type: "input_json_delta", partial_json: JSON.stringify(turn.input) }
    : { type: "text_delta", text: turn.kind === "text" ? turn.text : "Well" };
  const start = turn.kind === "tool" ? { ...blockOf(turn), input: {} } : { type: "text", text: "" };
  return new ReadableStream({
    start(controller) {
      controller.enqueue(event("message_start", { message: { ...MESSAGE, content: [], stop_reason: null } }));
      controller.enqueue(event("content_block_start", { index: 0, content_block: start }));
      controller.enqueue(event("content_block_delta", { index: 0, delta }));
      if (turn.kind === "stall") return;
      controller.enqueue(event("content_block_stop", { index: 0 }));
      const stopReason = turn.kind === "tool" ? "tool_use" : "end_turn";
      controller.enqueue(
        event("message_delta", {
          delta: { stop_reason: stopReason, stop_sequence: null },
          usage: { output_tokens: 1 },
        }),
      );
      controller.enqueue(event("message_stop", {}));
      controller.close();
    },
  });
}
