import { assertEquals, assertRejects } from "@std/assert";
import { connect, type RemoteProcess, TerminalError } from "../../lib/client/mod.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { soon } from "../helpers/wait.ts";

/** Returns a function that reads from a process until what it prints contains a text. */
function outputOf(process: RemoteProcess): (text: string) => Promise<void> {
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return async (text) => {
    for (let output = ""; !output.includes(text);) {
      const { value, done } = await soon(`"${text}" after "${output}"`, reader.read());
      if (done) throw new Error(`The process ended without "${text}": ${output}`);
      output += value;
    }
  };
}

Deno.test("spawn() with tty gives a process a terminal of that size, whatever its words", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const words = ["it's", "a\nb ", "", '$HOME `x` \\ "', "'"];
  await using process = await client.spawn({
    command: "sh",
    args: ["-c", 'stty size; tty >&2; printf "[%s]" "$@"; echo "$SHELL"; exit 3', "sh", ...words],
    env: { SHELL: "/bin/none" },
    tty: { columns: 91, rows: 17 },
  });
  const output = await new Response(process.stdout).text();
  const [size, device, ...rest] = output.split("\r\n");
  assertEquals([size, device?.startsWith("/dev/")], ["17 91", true]);
  assertEquals(
    rest,
    [...words.map((word) => `[${word}]`).join("").split("\n"), ""].with(1, "b ][][$HOME `x` \\ \"][']/bin/none"),
  );
  assertEquals(await process.exit, { code: 3 });
});

Deno.test("resize() tells the process, also if the size stays as it is", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const script = `trap 'stty size' WINCH; echo ready; while :; do sleep 0.02; done`;
  await using process = await client.spawn({ command: "sh", args: ["-c", script], tty: { columns: 80, rows: 24 } });
  const prints = outputOf(process);
  await prints("ready");
  await process.resize({ columns: 120, rows: 40 });
  await prints("40 120\r\n");
  await process.resize({ columns: 120, rows: 40 });
  await prints("40 120\r\n");
  await process.kill("SIGKILL");
  await process.exit;
});

Deno.test("a process in a terminal tells which signal ended it, and only then", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const tty = { columns: 80, rows: 24 };
  const exits = (["SIGTERM", "SIGINT", "SIGKILL"] as const).map(async (signal) => {
    await using process = await client.spawn({ command: "sh", args: ["-c", "echo ready; exec sleep 1000"], tty });
    await outputOf(process)("ready");
    await process.kill(signal);
    return (await process.exit).signal;
  });
  assertEquals(await Promise.all(exits), ["SIGTERM", "SIGINT", "SIGKILL"]);
  await using ended = await client.spawn({ command: "true", tty });
  assertEquals(await ended.exit, { code: 0 });
});

Deno.test("resize() fails if the process has no terminal, or has ended", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const size = { columns: 80, rows: 24 };
  await using plain = await client.spawn({ command: "sleep", args: ["1000"], id: "plain" });
  await assertRejects(() => plain.resize(size), TerminalError, 'process "plain" has no terminal');
  await using ended = await client.spawn({ command: "true", tty: size, id: "ended" });
  await ended.exit;
  await assertRejects(() => ended.resize(size), TerminalError, 'the terminal of process "ended" cannot be reached');
  await assertRejects(() => plain.resize({ columns: 0, rows: 1 }), RangeError, "a terminal of 0 columns");
  await assertRejects(
    () => client.spawn({ command: "true", tty: { columns: 1, rows: 70_000 } }),
    RangeError,
    "70000 rows",
  );
});
