import { assertEquals } from "@std/assert";
import { dial } from "../../lib/client/dial.ts";
import { Relay } from "../../lib/handover/relay.ts";
import type { FrameSource } from "../../lib/methods/context.ts";
import { tempDir } from "../helpers/temp.ts";

/** Returns a frame as it is on the wire. */
function frame(seq: number): string {
  return `{"type":"stream","processId":"p","stream":"stdout","seq":${seq},"data":"${btoa(`frame ${seq}`)}"}\n`;
}

Deno.test("a relay leaves the frames as they are that a client is being sent when it is closed", async () => {
  await using directory = await tempDir();
  const socket = `${directory.path}/retired.sock`;
  using listener = Deno.listen({ transport: "unix", path: socket });
  const transport = await dial(socket);
  using retired = await listener.accept();
  const readable = Promise.withResolvers<void>();
  let source: FrameSource | undefined;
  const relay = new Relay({
    transport,
    token: "",
    attach: (open) => void (source = open(() => readable.resolve())),
    onFrame: () => {},
  });
  // The beginning of the next frame waits behind the whole one.
  await retired.write(new TextEncoder().encode(frame(1) + frame(2).slice(0, 80)));
  await readable.promise;
  const taken = source?.take();

  relay.close();
  await relay.finished;

  assertEquals(new TextDecoder().decode(taken), frame(1));
});
