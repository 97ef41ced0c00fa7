/** A server whose responses a test determines byte for byte. */
export interface RawServer extends AsyncDisposable {
  readonly url: string;
  /** The received requests, each with its headers. */
  readonly requests: string[];
}

/** Responds to one request. */
export type RawAnswer = (conn: Deno.Conn, path: string) => Promise<void>;

/** Starts a server; each connection is closed after one response. */
export function rawServer(answer: RawAnswer, port = 0): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const open = new Set<Deno.Conn>();
  const served = new Set<Promise<void>>();
  const requests: string[] = [];
  const serve = async (conn: Deno.Conn) => {
    open.add(conn);
    try {
      const request = await readHead(conn);
      requests.push(request);
      await answer(conn, /^GET (\S+)/.exec(request)?.[1] ?? "");
    } catch (error) {
      // The client may disconnect at any time, and so may the server at the end of the test.
      if (!(error instanceof Error)) throw error;
    } finally {
      if (open.delete(conn)) conn.close();
    }
  };
  const accepting = (async () => {
    for await (const conn of listener) {
      const done = serve(conn);
      served.add(done);
      void done.then(() => served.delete(done));
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of open) if (open.delete(conn)) conn.close();
      await Promise.all(served);
    },
  };
}

async function readHead(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const n = await conn.read(buffer);
    if (n === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, n));
  }
  return text;
}

/** Writes all of the text or bytes. */
export async function send(conn: Deno.Conn, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  for (let done = 0; done < bytes.length;) done += await conn.write(bytes.subarray(done));
}

/** Returns the status line and the headers of a response. */
export function head(status: number, headers: Record<string, string | number> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} X\r\n${lines}connection: close\r\n\r\n`;
}
