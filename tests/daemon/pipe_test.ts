import { assert, assertEquals, assertMatch } from "@std/assert";
import { createLogger } from "../../lib/system/log.ts";
import { servePipe } from "../../lib/daemon/connection/pipe.ts";
import type { ByteStream } from "../../lib/system/io.ts";
import { listenWithSockets, windowsPipes } from "../../lib/daemon/connection/pipe_windows.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { daemonPaths } from "../../lib/system/paths.ts";
import { tempDir } from "../helpers/temp.ts";

/** Returns options that serve a unix socket in place of a pipe. */
async function place() {
  const directory = await tempDir();
  const paths = daemonPaths(`${directory.path}/rpc.sock`);
  const lines: string[] = [];
  const log = createLogger({ level: "debug", write: (line) => void lines.push(line.slice(20)) });
  const address = `${directory.path}/pipe`;
  const system = { newAddress: () => address, listen: listenWithSockets };
  return { paths, file: `${directory.path}/rpc.pipe`, address, lines, log, system, ...directory };
}

async function echo(peer: ByteStream): Promise<void> {
  const buffer = new Uint8Array(1000);
  for (let n = await peer.read(buffer); n !== null; n = await peer.read(buffer)) {
    for (let done = 0; done < n;) done += await peer.write(buffer.subarray(done, n));
  }
  peer.close();
}

Deno.test("servePipe() publishes the address before it serves a client, and removes it when it is disposed of", async () => {
  await using at = await place();
  let wasPublished: boolean | undefined;
  const accept = (peer: ByteStream) => {
    wasPublished ??= Deno.readTextFileSync(at.file) === at.address;
    void echo(peer);
  };
  {
    await using pipe = await servePipe(true, { paths: at.paths, accept, system: at.system, log: at.log });
    assert(pipe !== undefined);
    assertEquals((await Deno.stat(at.file)).mode! & 0o777, 0o600);
    using client = await Deno.connect({ transport: "unix", path: at.address });
    const sent = crypto.getRandomValues(new Uint8Array(60_000));
    const sending = (async () => {
      for (let done = 0; done < sent.length;) done += await client.write(sent.subarray(done));
      await client.closeWrite();
    })();
    const received = new Uint8Array(await new Response(client.readable).arrayBuffer());
    await sending;
    assertEquals(received.toHex() === sent.toHex(), true);
  }
  assertEquals([wasPublished, await isThere(at.file)], [true, false]);
  assertEquals(at.lines, [`INFO  [Server] also listening on named pipe ${at.address}\n`]);
});

Deno.test("servePipe() removes the address of an earlier daemon when no pipe is wanted", async () => {
  await using at = await place();
  await Deno.writeTextFile(at.file, "stale");
  const accept = () => {};
  assertEquals(await servePipe(false, { paths: at.paths, accept, system: at.system, log: at.log }), undefined);
  assertEquals(await isThere(at.file), false);
});

Deno.test("servePipe() logs an error and publishes no address when it cannot listen", async () => {
  await using at = await place();
  await Deno.writeTextFile(at.address, "in the way");
  const accept = () => {};
  assertEquals(await servePipe(true, { paths: at.paths, accept, system: at.system, log: at.log }), undefined);
  assertEquals(await isThere(at.file), false);
  assertMatch(at.lines[0]!, /^ERROR \[Server\] named-pipe transport: address already in use\n$/);
});

Deno.test("windowsPipes.newAddress() returns another address when it is called again", () => {
  assertMatch(windowsPipes.newAddress(), /^\\\\\.\\pipe\\claustrum-[0-9a-f-]{36}$/);
  assert(windowsPipes.newAddress() !== windowsPipes.newAddress());
});
