/**
 * A fake model API on the loopback interface. It streams replies to prompts in the format of the real API, which is
 * enough for an agent CLI to run a session, and remembers what it was asked.
 *
 * @module
 */

/** A call of a tool. */
export interface ToolCall {
  readonly name: string;
  readonly input: unknown;
}

/** The reply of the model to a prompt. */
export type Turn =
  | {
    readonly kind: "text";
    /** The text, in pieces. */
    readonly pieces: readonly string[];
    /** How long to wait before each piece, in milliseconds. */
    readonly gapMs?: number;
    /** Whether the reply never ends. */
    readonly isEndless?: boolean;
  }
  /** Requests to use tools. */
  | { readonly kind: "tools"; readonly calls: readonly ToolCall[] }
  /** A failure. */
  | { readonly kind: "error"; readonly status: number; readonly message: string };

/** A result of a tool. */
export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
}

/** What the model is asked. */
export interface ModelCall {
  /** The conversation, as the CLI names it. */
  readonly sessionId: string;
  /** All texts of the user, without what the CLI says in the user's name. */
  readonly prompts: readonly string[];
  /** The results that the last message brings; empty if it is a prompt. */
  readonly results: readonly ToolResult[];
  /** The last message as JSON, whoever it is from. */
  readonly last: string;
  /** The whole conversation as JSON. */
  readonly text: string;
}

/** A running fake API. */
export interface FakeModelApi extends AsyncDisposable {
  /** The value for `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** All calls so far. */
  readonly calls: readonly ModelCall[];
}

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly content?: unknown;
  readonly is_error?: boolean;
}

interface ApiMessage {
  readonly role: string;
  readonly content: string | readonly Block[];
}

/** Returns a turn that says a text. */
export function say(text: string): Turn {
  return { kind: "text", pieces: [text] };
}

/** Starts the API; `reply` returns the turn for a call. */
export function startFakeModelApi(reply: (call: ModelCall) => Turn): FakeModelApi {
  const calls: ModelCall[] = [];
  const stopped = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, signal: stopped.signal, onListen() {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method !== "POST" || !pathname.endsWith("/v1/messages")) return new Response("{}", { status: 404 });
    const { messages } = await request.json() as { messages: ApiMessage[] };
    const call = readCall(request.headers.get("x-claude-code-session-id") ?? "", messages);
    calls.push(call);
    const turn = reply(call);
    if (turn.kind !== "error") {
      return new Response(streamOf(turn, stopped.signal), { headers: { "content-type": "text/event-stream" } });
    }
    const error = { type: "invalid_request_error", message: turn.message };
    return Response.json({ type: "error", error }, { status: turn.status });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    calls,
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await server.finished;
    },
  };
}

/** What the CLI says in the name of the user. */
const NOTES = /^<(?:system-reminder|local-command-\w+|command-name)>/;

const blocksOf = ({ content }: ApiMessage): readonly Block[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : content;

function readCall(sessionId: string, messages: readonly ApiMessage[]): ModelCall {
  const said = messages.filter(({ role }) => role === "user");
  const prompts = said.flatMap(blocksOf).flatMap(({ type, text = "" }) =>
    type === "text" && !NOTES.test(text) ? [text] : []
  );
  const last = said.at(-1);
  const isNote = ({ type, text = "" }: Block) => type === "text" && NOTES.test(text);
  const news = (last === undefined ? [] : blocksOf(last)).filter((block) => !isNote(block));
  const results = news.at(-1)?.type === "tool_result" ? news.filter(({ type }) => type === "tool_result") : [];
  return {
    sessionId,
    prompts,
    results: results.map(({ content, is_error }) => ({ isError: is_error === true, text: textOf(content) })),
    last: JSON.stringify(messages.at(-1) ?? null),
    text: JSON.stringify(messages),
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map(({ text = "" }: Block) => text).join("") : "";
}

const encoder = new TextEncoder();

function eventOf(type: string, rest: object): Uint8Array {
  return encoder.encode(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
}

const ended = Promise.resolve();

/** Waits, unless the signal is aborted; returns whether it is. */
async function isAbortedAfter(ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms === 0 || signal.aborted) return await ended.then(() => signal.aborted);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
  const abort = () => resolve();
  signal.addEventListener("abort", abort, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  return signal.aborted;
}

/** Returns a reply as a stream of events. */
function streamOf(turn: Exclude<Turn, { kind: "error" }>, stopped: AbortSignal): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  const signal = AbortSignal.any([cancelled.signal, stopped]);
  return new ReadableStream({
    async start(controller) {
      for await (const event of eventsOf(turn, signal)) controller.enqueue(event);
      if (!cancelled.signal.aborted) controller.close();
    },
    cancel() {
      cancelled.abort();
    },
  });
}

async function* eventsOf(turn: Exclude<Turn, { kind: "error" }>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const message = {
    id: `msg_${crypto.randomUUID()}`,
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  yield eventOf("message_start", { message });
  for (const [index, { block, deltas }] of blocksToSay(turn).entries()) {
    yield eventOf("content_block_start", { index, content_block: block });
    for (const delta of deltas) {
      if (await isAbortedAfter(turn.kind === "text" ? turn.gapMs ?? 0 : 0, signal)) return;
      yield eventOf("content_block_delta", { index, delta });
    }
    if (turn.kind === "text" && turn.isEndless && await isAbortedAfter(Infinity, signal)) return;
    yield eventOf("content_block_stop", { index });
  }
  const stop_reason = turn.kind === "tools" ? "tool_use" : "end_turn";
  yield eventOf("message_delta", { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 1 } });
  yield eventOf("message_stop", {});
}

function blocksToSay(turn: Exclude<Turn, { kind: "error" }>) {
  if (turn.kind === "text") {
    const deltas = turn.pieces.map((text) => ({ type: "text_delta", text }));
    return [{ block: { type: "text", text: "" }, deltas }];
  }
  return turn.calls.map(({ name, input }) => ({
    block: { type: "tool_use", id: `toolu_${crypto.randomUUID().replaceAll("-", "")}`, name, input: {} },
    deltas: [{ type: "input_json_delta", partial_json: JSON.stringify(input) }],
  }));
}
