/**
 * A session with an agent CLI that runs in a daemon, over connections that can be cut.
 *
 * @module
 */

import type { LineClient } from "../helpers/line_client.ts";
import type { TestDaemon } from "../helpers/daemon.ts";

/** A message of the `stream-json` format, with the fields that the session uses. */
export interface AgentMessage {
  readonly type: string;
  readonly subtype?: string;
  readonly result?: string;
  readonly request_id?: string;
  readonly request?: { readonly subtype: string; readonly tool_name?: string; readonly input?: unknown };
  readonly response?: { readonly request_id?: string; readonly subtype?: string };
}

/** A session with an agent CLI that runs in a daemon. */
export class AgentSession implements Disposable {
  readonly #daemon: TestDaemon;
  readonly #id: string;
  #client: LineClient;
  #lastSeq = 0;
  #text = "";
  #applied = 0;

  constructor(daemon: TestDaemon, id: string, client: LineClient) {
    this.#daemon = daemon;
    this.#id = id;
    this.#client = client;
  }

  /** Sends a message with its offset, so that the process receives it once. */
  async send(message: unknown): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(message) + "\n");
    await this.#client.send("process.stdin", { id: this.#id, data: bytes.toBase64(), offset: this.#applied });
    this.#applied += bytes.length;
  }

  /** Sends a prompt of the user. */
  async prompt(text: string): Promise<void> {
    await this.send({ type: "user", message: { role: "user", content: text } });
  }

  /** Reads messages until one matches, and returns that one. */
  async until(matches: (message: AgentMessage) => boolean): Promise<AgentMessage> {
    for (;;) {
      const newline = this.#text.indexOf("\n");
      if (newline < 0) {
        await this.#readFrame();
        continue;
      }
      const message: AgentMessage = JSON.parse(this.#text.slice(0, newline));
      this.#text = this.#text.slice(newline + 1);
      if (matches(message)) return message;
    }
  }

  async #readFrame(): Promise<void> {
    const { type, seq, stream, data = "", error } = await this.#client.message();
    if (error !== undefined) throw new Error(error.message);
    if (type !== "stream") return;
    if (seq !== this.#lastSeq + 1) throw new Error(`frame ${seq} after ${this.#lastSeq}`);
    this.#lastSeq = seq;
    if (stream === "exit") throw new Error("the agent ended");
    const text = new TextDecoder().decode(Uint8Array.fromBase64(data));
    if (stream === "stdout") this.#text += text;
    else console.error(text);
  }

  /** Closes the connection and reattaches on a new one. */
  async cut(): Promise<void> {
    this.#client.close();
    this.#client = await this.#daemon.connect();
    await this.#client.send("process.reattach", { id: this.#id, fromSeq: this.#lastSeq });
  }

  /** Kills the agent and returns the result of `process.killAndWait`. */
  async kill(): Promise<Record<string, unknown> | undefined> {
    const id = await this.#client.send("process.killAndWait", { id: this.#id });
    const messages = await this.#client.until((message) => message.id === id);
    return messages.at(-1)!.result;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
