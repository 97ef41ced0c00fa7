import { soon } from "./wait.ts";

const ENCODER = new TextEncoder();

/** A reply or a stream frame, with the fields that tests use. */
export interface Message {
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
  readonly type?: string;
  readonly processId?: string;
  readonly stream?: string;
  readonly seq?: number;
  readonly data?: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly killedBy?: string;
}

/** A client that sends and receives lines, and shares no code with the daemon. */
export class LineClient implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #token: string;
  readonly #decoder = new TextDecoder();
  #buffer = "";
  #isClosed = false;
  #nextId = 1;

  constructor(conn: Deno.Conn, token: string) {
    this.#conn = conn;
    this.#token = token;
  }

  static async connect(socket: string, token: string): Promise<LineClient> {
    return new LineClient(await Deno.connect({ transport: "unix", path: socket }), token);
  }

  /** Sends text or bytes unchanged. */
  async sendRaw(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string" ? ENCODER.encode(text) : text;
    for (let done = 0; done < bytes.length;) done += await this.#conn.write(bytes.subarray(done));
  }

  /** Sends a request and returns its id. */
  async send(method: string, params?: unknown): Promise<number> {
    const id = this.#nextId++;
    await this.sendRaw(JSON.stringify({ jsonrpc: "2.0", id, method, params, auth: this.#token }) + "\n");
    return id;
  }

  /** Returns the next line; `undefined` at the end. */
  async line(): Promise<string | undefined> {
    const chunk = new Uint8Array(1 << 16);
    // Joined only at the end: searching a growing string copies it each time.
    const parts: string[] = [];
    for (let next = this.#buffer;;) {
      const end = next.indexOf("\n");
      parts.push(end < 0 ? next : next.slice(0, end));
      this.#buffer = end < 0 ? "" : next.slice(end + 1);
      if (end >= 0) return parts.join("");
      const n = await soon("a line from the daemon", this.#conn.read(chunk));
      if (n === null) return undefined;
      next = this.#decoder.decode(chunk.subarray(0, n), { stream: true });
    }
  }

  /** Returns the next message. */
  async message(): Promise<Message> {
    const line = await this.line();
    if (line === undefined) throw new Error("the daemon closed the connection");
    return JSON.parse(line);
  }

  /** Reads messages until one matches, and returns all of them, including that one. */
  async until(fits: (message: Message) => boolean): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const message = await this.message();
      messages.push(message);
      if (fits(message)) return messages;
    }
  }

  /** Sends a request and returns its reply; frames that arrive before it are dropped. */
  async call(method: string, params?: unknown): Promise<Message> {
    const id = await this.send(method, params);
    return (await this.until((message) => message.id === id)).at(-1)!;
  }

  /** Half-closes the connection. */
  closeWrite(): Promise<void> {
    return (this.#conn as Deno.UnixConn).closeWrite();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Returns the output in the data frames among the messages, as text. */
export function outputOf(messages: readonly Message[], stream = "stdout"): string {
  const decoder = new TextDecoder();
  return messages.filter((message) => message.stream === stream).map((message) =>
    decoder.decode(Uint8Array.fromBase64(message.data ?? ""), { stream: true })
  ).join("");
}

/** Returns a function that matches the exit frame of a process. */
export function isExitOf(id: string): (message: Message) => boolean {
  return (message) => message.stream === "exit" && message.processId === id;
}
