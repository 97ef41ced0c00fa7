/** Numbers of tokens, as the API reports them. */
export interface TestUsage {
  readonly input?: number;
  readonly output?: number;
  readonly read?: number;
  readonly write?: number;
  /** The part of `write` that is kept for an hour. */
  readonly long?: number;
}

/** Options of {@linkcode answerLine}. */
export interface AnswerOptions {
  readonly model?: string;
  readonly session?: string;
  readonly at?: string;
  readonly text?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A line of a transcript: a block of an answer, with the usage of the whole answer so far. */
export function answerLine(id: string | undefined, usage: TestUsage, options: AnswerOptions = {}): string {
  const { model = "claude-sonnet-4-5-20250929", session = "one", at = "2026-11-20T12:00:00.000Z" } = options;
  const { text = "An answer.", fields = {} } = options;
  const { input = 0, output = 0, read = 0, write = 0, long = 0 } = usage;
  return JSON.stringify({
    ...{ type: "assistant", uuid: crypto.randomUUID(), sessionId: session, timestamp: at, isSidechain: false },
    message: {
      ...(id === undefined ? {} : { id }),
      ...{ type: "message", role: "assistant", model, content: [{ type: "text", text }] },
      usage: {
        input_tokens: input,
        output_tokens: output,
        cache_read_input_tokens: read,
        cache_creation_input_tokens: write,
        cache_creation: { ephemeral_5m_input_tokens: write - long, ephemeral_1h_input_tokens: long },
      },
    },
    ...fields,
  });
}

/** A line of a transcript: a prompt. */
export function promptLine(text: string, options: AnswerOptions = {}): string {
  const { session = "one", at = "2026-11-20T12:00:00.000Z", fields = {} } = options;
  return JSON.stringify({
    ...{ type: "user", uuid: crypto.randomUUID(), sessionId: session, timestamp: at, isSidechain: false },
    message: { role: "user", content: text },
    ...fields,
  });
}

/** Lines of a file. */
export function lines(...texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
