import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, RpcCallError } from "../../mod.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { isExitOf, type Message } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";

for (const observe of [false, true]) {
  const who = observe ? "an observer" : "the owner of the stream";
  Deno.test(`process.forget ends the stream with a notice when ${who} has not read all of it`, async () => {
    await using daemon = await startDaemon();
    using client = await daemon.connect();
    using reader = await daemon.connect();
    await client.call("process.spawn", { id: "p", command: "head", args: ["-c", "8000000", "/dev/zero"] });
    const last = (await client.until(isExitOf("p"))).at(-1)!;
    await reader.send("process.reattach", { id: "p", observe, notice: true });
    // What follows does not fit between the two: the daemon waits for the reader.
    await reader.line();
    assertEquals((await client.call("process.forget", { id: "p" })).result, { success: true });
    const read = await reader.until(({ stream }) => stream === "detached");
    const notice = read.at(-1) as Message & { reason?: string };
    assertEquals([notice.reason, notice.seq], ["gone", Math.max(...read.map(({ seq = 0 }) => seq))]);
    assert(notice.seq! < last.seq!, "it has not been sent all");
    assertEquals((await reader.call("process.reattach", { id: "p" })).result!.found, false);
  });
}

Deno.test("process.forget gives an id back to a process that starts next, whose frames begin anew", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  for (let i = 0; i < 3; i++) {
    await client.send("process.spawn", { id: "p", command: "echo", args: ["x"], notice: true });
    const messages = await client.until(isExitOf("p"));
    assertEquals(messages.map(({ stream, seq }) => [stream, seq]).slice(1), [["stdout", 1], ["exit", 2]]);
    const forgotten = await client.send("process.forget", { id: "p" });
    assertEquals((await client.message()).id, forgotten, "who has the exit frame gets no notice");
  }
});

Deno.test("Client.call() repeats process.forget after a lost connection, and succeeds when the first one did", async () => {
  await using daemon = await startDaemon();
  using line = await daemon.connect();
  await line.call("process.spawn", { id: "p", command: "true" });
  await line.until(isExitOf("p"));
  let asked = 0;
  await using client = await connect({
    socket: daemon.socket,
    async dial() {
      const conn = await Deno.connect({ transport: "unix", path: daemon.socket });
      let isOpen = true;
      const close = () => {
        if (isOpen) conn.close();
        isOpen = false;
      };
      return {
        read: (into) => isOpen ? conn.read(into) : Promise.resolve(null),
        async write(bytes) {
          const count = await conn.write(bytes);
          if (!new TextDecoder().decode(bytes).includes("process.forget") || ++asked > 1) return count;
          close();
          await waitFor("it to be forgotten", async () => {
            return ((await line.call("process.list", {})).result!.processes as unknown[]).length === 0;
          });
          return count;
        },
        close,
      };
    },
  });
  assertEquals(await client.call("process.forget", { id: "p" }), { success: true });
  assertEquals(asked, 2);
  await assertRejects(() => client.call("process.forget", { id: "p" }), RpcCallError, "Process not found");
});
