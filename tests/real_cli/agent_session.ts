/**
 * A conversation with an agent CLI that a daemon hosts, over connections that may be cut at any time.
 *
 * @module
 */

import type { LineClient } from "../helpers/line_client.ts";
import type { TestDaemon } from "../helpers/daemon.ts";

/** A message of stream-json, as far as anybody looks into it. */
export interface AgentMessage {
  readonly type: string;
  readonly subtype?: string;
  readonly result?: string;
  readonly request_id?: string;
  readonly request?: { readonly subtype: string; readonly tool_name?: string; readonly input?: unknown };
  readonly response?: { readonly request_id?: string; readonly subtype?: string };
}

/** See the module. */
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

  /** Sends a line to the process, once however often it is sent. */
  async send(message: unknown): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(message) + "\n");
    await this.#client.send("process.stdin", { id: this.#id, data: bytes.toBase64(), offset: this.#applied });
    this.#applied += bytes.length;
  }

  async prompt(text: string): Promise<void> {
    await this.send({ type: "user", message: { role: "user", content: text } });
  }

  /** Reads messages up to one that fits, and gives that one. */
  async until(fits: (message: AgentMessage) => boolean): Promise<AgentMessage> {
    for (;;) {
      const newline = this.#text.indexOf("\n");
      if (newline < 0) {
        await this.#readFrame();
        continue;
      }
      const message: AgentMessage = JSON.parse(this.#text.slice(0, newline));
      this.#text = this.#text.slice(newline + 1);
      if (fits(message)) return message;
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

  /** Loses the connection and comes back on another one. */
  async cut(): Promise<void> {
    this.#client.close();
    this.#client = await this.#daemon.connect();
    await this.#client.send("process.reattach", { id: this.#id, fromSeq: this.#lastSeq });
  }

  /** Kills it and tells how. */
  async kill(): Promise<Record<string, unknown> | undefined> {
    const id = await this.#client.send("process.killAndWait", { id: this.#id });
    const messages = await this.#client.until((message) => message.id === id);
    return messages.at(-1)!.result;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
