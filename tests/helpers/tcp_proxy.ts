/** A TCP proxy in front of a server on this machine, whose connections a test can cut. */
export interface TcpProxy extends AsyncDisposable {
  /** The port that clients connect to. */
  readonly port: number;
  /** Closes every open connection. New ones are forwarded again. */
  cut(): void;
}

/**
 * Starts a proxy.
 *
 * @param target The port of the server on the loopback interface.
 */
export function startTcpProxy(target: number): TcpProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const running = new Set<Promise<void>>();
  const close = (conn: Deno.Conn) => {
    if (open.delete(conn)) conn.close();
  };

  async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(16_384);
    try {
      for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
        for (let done = 0; done < n;) done += await to.write(buffer.subarray(done, n));
      }
    } catch (error) {
      // The connection was cut, or one end has closed it.
      if (!(error instanceof Error)) throw error;
    }
    close(from);
    close(to);
  }

  async function forward(client: Deno.Conn): Promise<void> {
    open.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
    open.add(server);
    await Promise.all([copy(client, server), copy(server, client)]);
  }

  const accepting = (async () => {
    for await (const conn of listener) {
      const forwarding = forward(conn);
      running.add(forwarding);
      void forwarding.then(() => running.delete(forwarding));
    }
  })();
  const cut = () => [...open].forEach(close);
  return {
    port: (listener.addr as Deno.NetAddr).port,
    cut,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      cut();
      await Promise.all(running);
    },
  };
}
