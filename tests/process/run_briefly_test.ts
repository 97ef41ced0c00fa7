import { assertEquals } from "@std/assert";
import { runWithin } from "../../lib/process/run_briefly.ts";
import { type Clock, systemClock } from "../../lib/system/clock.ts";
import { tempDir } from "../helpers/temp.ts";

async function busyProgram(directory: string): Promise<{ readonly path: string; readonly writer: Deno.FsFile }> {
  const path = `${directory}/program`;
  await Deno.writeTextFile(path, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  return { path, writer: await Deno.open(path, { write: true }) };
}

Deno.test("runWithin() waits when another process has the program open for writing", async () => {
  await using directory = await tempDir();
  const { path, writer } = await busyProgram(directory.path);
  let waits = 0;
  const after: Clock["after"] = (ms, callback) => {
    if (++waits === 3) writer.close();
    return systemClock.after(ms, callback);
  };
  const options = { timeoutMs: 0, clock: { ...systemClock, after } };
  assertEquals(await runWithin(path, [], options), { kind: "exited", isOk: true, text: "" });
  assertEquals(waits, 3);
});

Deno.test("runWithin() gives up when the program stays open for writing", async () => {
  await using directory = await tempDir();
  const { path, writer } = await busyProgram(directory.path);
  using _writer = writer;
  const clock = { ...systemClock, after: (_ms: number, callback: () => void) => systemClock.after(0, callback) };
  const reason = `fork/exec ${path}: text file busy`;
  assertEquals(await runWithin(path, [], { timeoutMs: 0, clock }), { kind: "not started", reason });
});
