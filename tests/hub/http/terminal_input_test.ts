import { assertEquals } from "@std/assert";
import type { TerminalOptions, TerminalStream } from "../../../lib/sessions/sessions.ts";
import { hubWeb } from "../../helpers/hub_web.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";

/** Sessions whose terminals take no input until their clients have gone. */
class StuckTerminals extends MemorySessions {
  override openTerminal(_session: string, { signal }: TerminalOptions): Promise<TerminalStream> {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    signal?.addEventListener("abort", () => resolve());
    return Promise.resolve({
      output: (async function* () {
        yield { columns: 80, rows: 24 };
        await gone;
      })(),
      ended: gone.then(() => ({ reason: "closed", message: "it was closed" })),
      isReadOnly: false,
      write: () => gone,
      resize: () => Promise.resolve(),
      close: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }
}

Deno.test("the hub closes a terminal whose input waits for too long, before it occupies much memory", async () => {
  const sessions = new StuckTerminals();
  sessions.create("s");
  await using web = await hubWeb({ sessions });
  await using live = await web.live("/ws/terminal/s", web.owner);
  live.send({ resize: [80, 24] });
  await live.message("the size", ({ size }) => size !== undefined);
  const megabyte = new Uint8Array(1 << 20);
  for (let i = 0; i < 5; i++) live.send(megabyte);
  assertEquals(await live.closed(), { code: 1013, reason: "the terminal does not take the input" });
});
