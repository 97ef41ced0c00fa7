import { tempDir } from "./temp.ts";

/** A proxy that closes each connection after a number of bytes. */
interface Cutting extends AsyncDisposable {
  /** The number of connections that were cut. */
  readonly cuts: number;
}

/** A proxy in front of a daemon that closes each connection after a number of bytes. */
export interface CuttingProxy extends Cutting {
  readonly socket: string;
}

/** A proxy in front of a server on this machine that closes each connection after a number of bytes. */
export interface CuttingTcpProxy extends Cutting {
  /** The port that clients connect to. */
  readonly port: number;
}

/**
 * Starts a proxy.
 *
 * @param target The path of the daemon's socket.
 * @param lifeBytes Returns the number of bytes, both ways together, after which a connection is cut.
 */
export async function cuttingProxy(target: string, lifeBytes: () => number): Promise<CuttingProxy> {
  const directory = await tempDir();
  const socket = `${directory.path}/proxy`;
  const listener = Deno.listen({ transport: "unix", path: socket });
  const proxy = forwardAll(listener, () => Deno.connect({ transport: "unix", path: target }), lifeBytes);
  return {
    socket,
    get cuts() {
      return proxy.cuts;
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/**
 * Starts a proxy.
 *
 * @param target The port of the server on the loopback interface.
 * @param lifeBytes Returns the number of bytes, both ways together, after which a connection is cut.
 */
export function cuttingTcpProxy(target: number, lifeBytes: () => number): CuttingTcpProxy {
  const hostname = "127.0.0.1";
  const listener = Deno.listen({ hostname, port: 0 });
  const proxy = forwardAll(listener, () => Deno.connect({ hostname, port: target }), lifeBytes);
  return {
    port: listener.addr.port,
    get cuts() {
      return proxy.cuts;
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

function forwardAll(listener: Deno.Listener, connect: () => Promise<Deno.Conn>, lifeBytes: () => number): Cutting {
  const running = new Set<Promise<void>>();
  const open = new Set<Deno.Conn>();
  let cuts = 0;

  async function forward(client: Deno.Conn): Promise<void> {
    const daemon = await connect().catch((error) => {
      // A server that has died: the client finds its own connection closed.
      if (!(error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.NotFound)) throw error;
    });
    if (daemon === undefined) return client.close();
    open.add(client).add(daemon);
    let left = lifeBytes();
    const end = () => {
      for (const conn of [client, daemon]) if (open.delete(conn)) conn.close();
    };
    const copy = async (from: Deno.Conn, to: Deno.Conn) => {
      const buffer = new Uint8Array(16_384);
      try {
        for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
          const passed = Math.min(n, left);
          left -= passed;
          for (let done = 0; done < passed;) done += await to.write(buffer.subarray(done, passed));
          if (left > 0) continue;
          cuts++;
          break;
        }
      } catch (error) {
        // The other end has closed the connection, so this one is closed, too.
        if (!(error instanceof Error)) throw error;
      }
      end();
    };
    await Promise.all([copy(client, daemon), copy(daemon, client)]);
  }

  const accepting = (async () => {
    for await (const conn of listener) {
      const forwarding = forward(conn);
      running.add(forwarding);
      void forwarding.then(() => running.delete(forwarding));
    }
  })();
  return {
    get cuts() {
      return cuts;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of open) if (open.delete(conn)) conn.close();
      await Promise.all(running);
    },
  };
}
