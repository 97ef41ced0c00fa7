import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  ConnectionLostError,
  type ConnectOptions,
  HostRefusedError,
  TokenRefusedError,
  type Transport,
  UnexpectedOutputError,
} from "../../lib/client/mod.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { soon, waitFor } from "../helpers/wait.ts";

/** A connection that prints some bytes and then ends, or stays open. */
function printing(text: string, ends: boolean): Transport {
  const { promise: closed, resolve: close } = Promise.withResolvers<null>();
  let bytes: Uint8Array<ArrayBufferLike> = new TextEncoder().encode(text);
  return {
    read(into) {
      if (bytes.length === 0) return ends ? Promise.resolve(null) : closed;
      const n = Math.min(into.length, bytes.length);
      into.set(bytes.subarray(0, n));
      bytes = bytes.subarray(n);
      return Promise.resolve(n);
    },
    write: (given) => Promise.resolve(given.length),
    close: () => close(null),
  };
}

const GREETING = 'the host printed "Welcome to box!" before the bridge: mend its shell\'s start-up files';

for (
  const [name, text, ends] of [
    ["a line", "Welcome to box!\r\n", false],
    ["a line and no more", "Welcome to box!\n", true],
    ["no whole line", "Welcome to box!", true],
  ] as const
) {
  Deno.test(`connect() quotes what a host prints in place of an answer, and does not try again: ${name}`, async () => {
    let dials = 0;
    const dial = () => {
      dials++;
      return Promise.resolve(printing(text, ends));
    };
    await assertRejects(() => connect({ socket: "", token: "t", dial }), UnexpectedOutputError, GREETING);
    assertEquals(dials, 1);
  });
}

for (const text of ["42\n", '"hi"\n', "null\n", "x".repeat(2 << 20)]) {
  Deno.test(`connect() takes ${text.slice(0, 8).trim()} for the output of something else than a daemon`, async () => {
    const dial = () => Promise.resolve(printing(text, false));
    const error = await assertRejects(() => connect({ socket: "", token: "t", dial }), UnexpectedOutputError);
    assert(error.output.length <= 200, `${error.output.length} characters are quoted`);
  });
}

Deno.test("connect() takes a daemon that ends in the middle of its first line for a lost connection", async () => {
  const dial = () => Promise.resolve(printing('{"jsonrpc":"2.0","id"', true));
  await assertRejects(() => connect({ socket: "", token: "t", dial, giveUpMs: 0 }), Error, "was lost");
});

Deno.test("connect() gives up at once with the error of a dial that a person has to mend", async () => {
  let dials = 0;
  const dial = () => {
    dials++;
    return Promise.reject(new HostRefusedError("the key of box has changed"));
  };
  const error = await assertRejects(() => connect({ socket: "", token: "t", dial }), HostRefusedError);
  assertEquals([error.message, dials], ["the key of box has changed", 1]);
});

Deno.test("a client ends with the error of a dial that a person has to mend, also later", async () => {
  await using daemon = await startDaemon();
  const line = cuttableLine(daemon.socket);
  await using client = await connect({ socket: daemon.socket, dial: line.dial });
  const child = await client.spawn({ command: "sleep", args: ["1000"] });
  line.refuse(new HostRefusedError("permission denied"));
  await assertRejects(() => soon("the end", child.exit), HostRefusedError, "permission denied");
  await assertRejects(() => client.call("server.ping"), HostRefusedError, "permission denied");
});

Deno.test("connect() asks for the token anew for each connection", async () => {
  await using daemon = await startDaemon();
  const right = await Deno.readTextFile(`${daemon.directory}/daemon.token`);
  const line = cuttableLine(daemon.socket);
  const tokens = [right, "an old one", right];
  let asked = 0;
  const token: ConnectOptions["token"] = () => Promise.resolve(tokens[asked++]!);
  await using client = await connect({ socket: daemon.socket, token, dial: line.dial });
  line.cut();
  assertEquals(await client.call("server.ping"), { pong: true });
  assertEquals(asked, 3);
  await assertRejects(() => connect({ socket: daemon.socket, token: () => "wrong" }), TokenRefusedError);
});

Deno.test("all connections of a client share the attempts to reach a host that is away", async () => {
  await using daemon = await startDaemon();
  const line = cuttableLine(daemon.socket);
  await using client = await connect({ socket: daemon.socket, dial: line.dial });
  const children = await Promise.all(
    Array.from({ length: 20 }, () => client.spawn({ command: "cat", signal: AbortSignal.timeout(60_000) })),
  );
  line.hold();
  line.cut();
  await waitFor("an attempt", () => line.waiting > 0);
  await waitFor("all to be lost", () => line.open === 0);
  assertEquals(line.waiting, 1);
  line.release();
  for (const child of children) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("x"));
    await writer.close();
    assertEquals(await new Response(child.stdout).text(), "x");
  }
});

/** A way to a daemon that a test can cut, hold up and refuse. */
function cuttableLine(socket: string) {
  const open = new Set<Transport>();
  let refusal: Error | undefined;
  let gate: PromiseWithResolvers<void> | undefined;
  let waiting = 0;
  const cut = () => {
    for (const transport of open) transport.close();
    open.clear();
  };
  return {
    get open() {
      return open.size;
    },
    /** How many attempts are held up. */
    get waiting() {
      return waiting;
    },
    async dial(): Promise<Transport> {
      waiting++;
      await gate?.promise;
      waiting--;
      if (refusal !== undefined) throw refusal;
      const conn = await Deno.connect({ transport: "unix", path: socket });
      let isClosed = false;
      const transport: Transport = {
        async read(into) {
          try {
            return await conn.read(into);
          } catch (error) {
            throw isClosed ? new ConnectionLostError("cut", { cause: error }) : error;
          }
        },
        write: (bytes) => conn.write(bytes),
        close() {
          open.delete(transport);
          if (!isClosed) conn.close();
          isClosed = true;
        },
      };
      open.add(transport);
      return transport;
    },
    cut,
    hold: () => void (gate = Promise.withResolvers()),
    release: () => gate?.resolve(),
    refuse(error: Error) {
      refusal = error;
      cut();
    },
  };
}
