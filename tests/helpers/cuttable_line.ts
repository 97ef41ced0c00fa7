/** A TCP line to a server on this machine that a test cuts, as a lost network does. */
export interface CuttableLine extends AsyncDisposable {
  /** The port that clients connect to. */
  readonly port: number;
  /** Cuts every connection that is open. New ones are carried again. */
  cut(): void;
}

/**
 * Carries connections to a server.
 *
 * @param target The server's port on the loopback interface.
 */
export function cuttableLine(target: number): CuttableLine {
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
      // The line was cut, or one end is gone.
      if (!(error instanceof Error)) throw error;
    }
    close(from);
    close(to);
  }

  async function carry(client: Deno.Conn): Promise<void> {
    open.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
    open.add(server);
    await Promise.all([copy(client, server), copy(server, client)]);
  }

  const accepting = (async () => {
    for await (const conn of listener) {
      const carried = carry(conn);
      running.add(carried);
      void carried.then(() => running.delete(carried));
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
