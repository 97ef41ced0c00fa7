import { assertEquals } from "@std/assert";
import { HubLine } from "../../../lib/hub/hub_line.ts";
import { LinkSocket, type LinkSocketOptions } from "../../../lib/hub/links/link_socket.ts";
import type { ByteStream } from "../../../lib/system/io.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { OPCODES, RawWebSocket } from "../../helpers/raw_web_socket.ts";
import { soon, waitFor } from "../../helpers/wait.ts";

const ENCODER = new TextEncoder();

/** The ends of a link: the one that was dialed, and the one that has dialed. */
interface Ends extends AsyncDisposable {
  readonly near: LinkSocket;
  readonly far: LinkSocket;
  /** The connections that the near end has opened, as the far one sees them. */
  readonly accepted: readonly ByteStream[];
}

/** Listens for one WebSocket. */
function listen(options: Partial<LinkSocketOptions> = {}) {
  const { promise, resolve } = Promise.withResolvers<LinkSocket>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const near = new LinkSocket(socket, { clock: systemClock, ...options });
    socket.addEventListener("open", () => resolve(near));
    return response;
  });
  return { near: promise, url: `ws://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

async function ends(options: Partial<LinkSocketOptions> = {}): Promise<Ends> {
  const server = listen(options);
  const accepted: ByteStream[] = [];
  const far = new LinkSocket(new WebSocket(server.url), {
    accept: (stream) => accepted.push(stream),
    clock: systemClock,
    ...options,
  });
  const near = await soon("the connection", server.near);
  return {
    near,
    far,
    accepted,
    async [Symbol.asyncDispose]() {
      far.close(1000, "");
      await near.closed;
      await server.stop();
    },
  };
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve(), { once: true });
  await soon("a WebSocket", promise);
  return socket;
}

async function readText(stream: ByteStream, length: number): Promise<string> {
  const [decoder, buffer] = [new TextDecoder(), new Uint8Array(1 << 16)];
  for (let text = "";;) {
    if (text.length >= length) return text;
    const count = await stream.read(buffer);
    if (count === null) return text;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

async function writeAll(stream: ByteStream, text: string): Promise<void> {
  const bytes = ENCODER.encode(text);
  for (let done = 0; done < bytes.length;) done += await stream.write(bytes.subarray(done));
}

Deno.test("a link carries many connections at once, each with its own bytes", async () => {
  await using link = await ends();
  const streams = [link.near.open(), link.near.open(), link.near.open()];
  for (const [i, stream] of streams.entries()) await writeAll(stream, `{"n":${i}}\n{"ä":"€"}\n`);
  await waitFor("all connections", () => link.accepted.length === 3);
  for (const [i, stream] of link.accepted.entries()) {
    assertEquals(await readText(stream, 18), `{"n":${i}}\n{"ä":"€"}\n`);
    await writeAll(stream, `{"back":${i}}\n`);
    assertEquals(await readText(streams[i]!, 11), `{"back":${i}}\n`);
  }
});

Deno.test("a line may be written in pieces, even of a character", async () => {
  await using link = await ends();
  const stream = link.near.open();
  for (const byte of ENCODER.encode('{"text":"€𐍈"}\n')) await stream.write(Uint8Array.of(byte));
  await waitFor("the connection", () => link.accepted.length === 1);
  assertEquals(await readText(link.accepted[0]!, 14), '{"text":"€𐍈"}\n');
});

Deno.test("the end of a connection reaches the other end, and no other connection", async () => {
  await using link = await ends();
  const [one, other] = [link.near.open(), link.near.open()];
  await writeAll(one, "{}\n");
  await writeAll(other, "{}\n");
  await waitFor("both", () => link.accepted.length === 2);
  one.close();
  assertEquals(await readText(link.accepted[0]!, 100), "{}\n");
  await writeAll(link.accepted[1]!, '{"still":"here"}\n');
  assertEquals(await readText(other, 17), '{"still":"here"}\n');
  link.accepted[1]!.close();
  assertEquals(await other.read(new Uint8Array(1)), null);
});

Deno.test("all connections end with their link, and what has come is still read", async () => {
  await using link = await ends();
  const stream = link.near.open();
  await writeAll(stream, "{}\n");
  await waitFor("the connection", () => link.accepted.length === 1);
  link.near.close(4001, "enough");
  assertEquals(await soon("the end", link.far.closed), { code: 4001, reason: "enough" });
  assertEquals(await readText(link.accepted[0]!, 100), "{}\n");
  assertEquals(await stream.read(new Uint8Array(1)), null);
  const line = new HubLine(link.near.open(), "");
  assertEquals((await soon("the loss", line.closed)).message, "the connection to the hub was lost");
  await line[Symbol.asyncDispose]();
});

Deno.test("a ping tells whether the other end is there", async () => {
  await using link = await ends();
  assertEquals(await link.near.ping(60_000), true);
  assertEquals(await link.far.ping(60_000), true);
  link.near.close(1000, "");
  assertEquals(await link.near.ping(60_000), false);
});

Deno.test("a notice reaches the other end", async () => {
  const notices: string[] = [];
  await using link = await ends({ onNotice: (text) => notices.push(text) });
  link.near.tell("hello");
  await waitFor("the notice", () => notices.length === 1);
  assertEquals(notices, ["hello"]);
});

Deno.test("what the other end says cannot become a line of its own in a log", async () => {
  const notices: string[] = [];
  await using link = await ends({ onNotice: (text) => notices.push(text) });
  link.near.tell("one\ntwo\x1b[2J");
  await waitFor("the notice", () => notices.length === 1);
  link.near.close(1008, "three\nfour");
  assertEquals([notices, (await soon("the end", link.far.closed)).reason], [["one?two?[2J"], "three?four"]);
});

Deno.test("what is no text, or too long, ends the link", async () => {
  for (const [data, code] of [[Uint8Array.of(1), 1008], ["x".repeat((8 << 20) + 2_000), 1009]] as const) {
    const server = listen();
    const socket = await openSocket(server.url);
    const { promise, resolve } = Promise.withResolvers<CloseEvent>();
    socket.addEventListener("close", resolve);
    const near = await soon("the connection", server.near);
    socket.send(data);
    assertEquals([(await near.closed).code, (await soon("the close", promise)).code], [code, code]);
    await server.stop();
  }
});

Deno.test("messages about the link that nobody knows are ignored", async () => {
  const server = listen();
  const socket = await openSocket(server.url);
  const near = await soon("the connection", server.near);
  for (const text of ['{"link":"dance"}', '{"link":', '{"link":"pong","id":77}', '{"link":"end","channel":5}', "{}"]) {
    socket.send(text);
  }
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.addEventListener("message", ({ data }) => resolve(data));
  socket.send('{"link":"ping","id":3}');
  assertEquals(await soon("the answer", promise), '{"link":"pong","id":3}');
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  near.close(1000, "");
  await closed;
  await server.stop();
});

Deno.test("a connection that is not read is ended before it fills the memory, and the others go on", async () => {
  await using link = await ends();
  const [idle, busy] = [link.near.open(), link.near.open()];
  await writeAll(idle, "{}\n");
  await writeAll(busy, "{}\n");
  await waitFor("both", () => link.accepted.length === 2);
  const line = `${JSON.stringify({ text: "x".repeat(1 << 20) })}\n`;
  const flood = async () => {
    for (let i = 0; i < 100; i++) await writeAll(link.accepted[0]!, line);
  };
  const failure = await flood().then(() => undefined, (error) => error);
  assertEquals(failure instanceof Deno.errors.BrokenPipe, true);
  await writeAll(link.accepted[1]!, '{"still":"here"}\n');
  assertEquals(await readText(busy, 17), '{"still":"here"}\n');
});

Deno.test("a peer that never reads keeps writers waiting, and little in memory, until it is given up", async () => {
  const clock = fakeClock();
  const server = listen({ clock });
  using peer = await RawWebSocket.open(server.url.replace("ws", "http"));
  const near = await soon("the connection", server.near);
  const stream = near.open();
  const line = `${JSON.stringify({ text: "x".repeat(1 << 18) })}\n`;
  let written = 0;
  const writing = (async () => {
    for (;;) written += await stream.write(ENCODER.encode(line));
  })().catch((error) => error);
  // The network takes some; then the writer waits.
  let before = -1;
  await waitFor("the writer to wait", async () => {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(10);
    return written > 0 && written === before;
  });
  assertEquals(written < 64 << 20, true, `${written} bytes`);
  // It sends nothing, either.
  for (let second = 0; second < 90; second++) clock.advance(1_000);
  const { code } = await soon("the end", near.closed);
  assertEquals(code, 1001);
  clock.advance(10);
  assertEquals(await soon("the writer", writing) instanceof Deno.errors.BrokenPipe, true);
  peer[Symbol.dispose]();
  await server.stop();
});

Deno.test("a raw client sees plain lines, one a message", async () => {
  const server = listen();
  using peer = await RawWebSocket.open(server.url.replace("ws", "http"));
  const near = await soon("the connection", server.near);
  const line = new HubLine(near.open(), "");
  const call = line.call("hub.status", {});
  assertEquals(await peer.nextText(), '{"jsonrpc":"2.0","id":1,"method":"hub.status","params":{},"auth":""}');
  await peer.send('{"jsonrpc":"2.0","id":1,"result":{"name":"box"}}');
  assertEquals(await call, { name: "box" });
  await line[Symbol.asyncDispose]();
  near.close(1000, "");
  for (let frame = await peer.next(); frame !== undefined && frame.opcode !== OPCODES.close;) frame = await peer.next();
  peer[Symbol.dispose]();
  await server.stop();
});
