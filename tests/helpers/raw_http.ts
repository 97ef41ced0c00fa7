import { soon } from "./wait.ts";

/** What came back from a server, as it was on the wire. */
export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Sends bytes over TCP to loopback, and reads the reply. A reply that may go on for ever, such as a stream or a
 * WebSocket, is read up to the end of its headers.
 */
export async function rawExchange(port: number, request: string | readonly (string | Uint8Array)[]): Promise<RawReply> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const sending = sendAll(conn, typeof request === "string" ? [request] : request);
  const text = await soon("the reply", readReply(conn));
  await sending;
  return parseReply(text);
}

async function sendAll(conn: Deno.Conn, parts: readonly (string | Uint8Array)[]): Promise<void> {
  try {
    for (const part of parts) {
      const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
      for (let done = 0; done < bytes.length;) done += await conn.write(bytes.subarray(done));
    }
  } catch (error) {
    // The server need not read what it refuses, and the reply says why.
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)) throw error;
  }
}

async function readReply(conn: Deno.Conn): Promise<string> {
  const [decoder, buffer] = [new TextDecoder(), new Uint8Array(1 << 16)];
  for (let text = "";;) {
    const n = await conn.read(buffer);
    if (n === null) return text;
    text += decoder.decode(buffer.subarray(0, n), { stream: true });
    if (isWhole(text)) return text;
  }
}

/** Whether the server may wait for another request now, or goes on for ever. */
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = text.slice(0, end);
  if (/^HTTP\/1\.1 101 |^content-type: text\/event-stream/im.test(head)) return true;
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  return length !== undefined && new TextEncoder().encode(text.slice(end + 4)).length >= Number(length);
}

function parseReply(text: string): RawReply {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  if (end < 0 || status === undefined) throw new Error(`no reply of HTTP: ${JSON.stringify(text.slice(0, 200))}`);
  const headers = new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  return { status: Number(status), headers, body: text.slice(end + 4) };
}

/** Returns a request as a client writes it, which ends the connection. */
export function rawRequest(method: string, path: string, headers: Record<string, string>, body = ""): string {
  const lines = Object.entries({ connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

/** The headers that ask for a WebSocket. */
export const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
} as const;
