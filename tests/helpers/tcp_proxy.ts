import { tempDir } from "./temp.ts";

/** A proxy whose connections a test can cut. */
interface Cuttable extends AsyncDisposable {
  /** Closes every open connection. New ones are forwarded again. */
  cut(): void;
}

/** A TCP proxy in front of a server on this machine, whose connections a test can cut. */
export interface TcpProxy extends Cuttable {
  /** The port that clients connect to. */
  readonly port: number;
}

/** A proxy in front of a socket, whose connections a test can cut. */
export interface UnixProxy extends Cuttable {
  /** The path that clients connect to. */
  readonly socket: string;
}

/**
 * Starts a proxy.
 *
 * @param target The port of the server on the loopback interface.
 */
export function startTcpProxy(target: number): TcpProxy {
  const hostname = "127.0.0.1";
  const listener = Deno.listen({ hostname, port: 0 });
  const proxy = forwardAll(listener, () => Deno.connect({ hostname, port: target }));
  return { ...proxy, port: listener.addr.port };
}

/**
 * Starts a proxy.
 *
 * @param target The path of the server's socket.
 */
export async function startUnixProxy(target: string): Promise<UnixProxy> {
  const directory = await tempDir();
  const socket = `${directory.path}/proxy`;
  const listener = Deno.listen({ transport: "unix", path: socket });
  const proxy = forwardAll(listener, () => Deno.connect({ transport: "unix", path: target }));
  return {
    ...proxy,
    socket,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

function forwardAll(listener: Deno.Listener, connect: () => Promise<Deno.Conn>): Cuttable {
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
    const server = await connect();
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
    cut,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      cut();
      await Promise.all(running);
    },
  };
}
