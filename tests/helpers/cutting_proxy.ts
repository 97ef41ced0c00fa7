import { tempDir } from "./temp.ts";

/** A proxy that cuts each connection after some bytes, wherever that is. */
export interface CuttingProxy extends AsyncDisposable {
  readonly socket: string;
  /** How many connections were cut. */
  readonly cuts: number;
  /** Cuts no more. */
  heal(): void;
}

/**
 * Stands before a daemon.
 *
 * @param target The daemon's socket.
 * @param lifeBytes How many bytes a connection may carry, both ways together; drawn anew for each.
 */
export async function cuttingProxy(target: string, lifeBytes: () => number): Promise<CuttingProxy> {
  const directory = await tempDir();
  const socket = `${directory.path}/proxy`;
  const listener = Deno.listen({ transport: "unix", path: socket });
  const running = new Set<Promise<void>>();
  const open = new Set<Deno.Conn>();
  let cuts = 0;
  let isHealed = false;

  async function carry(client: Deno.Conn): Promise<void> {
    const daemon = await Deno.connect({ transport: "unix", path: target });
    open.add(client).add(daemon);
    let left = isHealed ? Infinity : lifeBytes();
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
        // The other side is gone; so is this one, then.
        if (!(error instanceof Error)) throw error;
      }
      end();
    };
    await Promise.all([copy(client, daemon), copy(daemon, client)]);
  }

  const accepting = (async () => {
    for await (const conn of listener) {
      const carried = carry(conn);
      running.add(carried);
      void carried.then(() => running.delete(carried));
    }
  })();
  return {
    socket,
    get cuts() {
      return cuts;
    },
    heal: () => isHealed = true,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of open) if (open.delete(conn)) conn.close();
      await Promise.all(running);
      await directory[Symbol.asyncDispose]();
    },
  };
}
