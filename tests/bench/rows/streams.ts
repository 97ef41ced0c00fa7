import type { Row } from "../harness.ts";
import { residentBytes } from "../../helpers/resident.ts";
import { type Bench, requestLine, startOnce, waitForSocket } from "../bench.ts";

const GIGABYTE = 1_000_000_000;
const LINES_BYTES = 200_000 * 64;
const EXIT = '"exitCode"';

/** Creates the rows of process output. */
export function streamRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const daemon = startOnce(stack, () => bench.daemon());
  const bareLines = startOnce(
    stack,
    () => bench.yardstick("bare_stream.cjs", [...bench.writer, String(LINES_BYTES), "64"]),
  );
  const oneWrite = startOnce(stack, () => bench.yardstick("one_write.cjs", [String(16 << 20)]));
  const filled = new Map<number, Promise<unknown>>();

  const spawn = (size: number, piece: number, id = "p") => {
    const [command, ...args] = bench.writer as [string, ...string[]];
    return requestLine(1, "process.spawn", { id, command, args: [...args, String(size), String(piece)] });
  };

  async function milliseconds(socket: string, needle: string, line: string): Promise<number> {
    return (await bench.client(socket, ["until", needle, line]))["seconds"]! * 1000;
  }

  async function stream(size: number, piece: number): Promise<number> {
    return await milliseconds((await daemon()).socket, EXIT, spawn(size, piece));
  }

  async function socatStream(): Promise<number> {
    const socket = `${bench.directory}/socat-${crypto.randomUUID()}.sock`;
    const command = [...bench.writer, String(GIGABYTE), "65536"].join(" ");
    const child = new Deno.Command("socat", {
      args: ["-b", "8192", `UNIX-LISTEN:${socket}`, `EXEC:${command}`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await waitForSocket(socket);
    const { seconds } = await bench.client(socket, ["drain"]);
    await child.status;
    return seconds! * 1000;
  }

  /** Runs a process that fills its replay buffer and ends. */
  async function fill(socket: string, piece: number): Promise<void> {
    // More than the buffer holds, since each frame also has a head.
    const isLarge = piece > 1000;
    const line = isLarge ? spawn(16 << 20, piece, `p${piece}`) : slowLines(12 << 20, piece);
    await bench.client(socket, ["until", EXIT, line]);
  }

  async function replay(piece: number): Promise<number> {
    const { socket } = await daemon();
    if (!filled.has(piece)) filled.set(piece, fill(socket, piece));
    await filled.get(piece);
    return await milliseconds(socket, '"id":7,', requestLine(7, "process.reattach", { id: `p${piece}` }));
  }

  /** Returns a request for a process that prints one line per frame, because it waits after each. */
  function slowLines(size: number, piece: number): string {
    const count = Math.ceil(size / piece);
    const script = `import os,fcntl,array,termios
line=b"x"*${piece - 1}+b"\\n"
left=array.array("i",[0])
for i in range(${count}):
  os.write(1,line)
  while True:
    fcntl.ioctl(1,termios.FIONREAD,left)
    if left[0]==0: break`;
    return requestLine(1, "process.spawn", { id: `p${piece}`, command: "python3", args: ["-c", script] });
  }

  async function busyPing(): Promise<number> {
    await using daemon = await bench.daemon();
    const { socket } = daemon;
    const floods = [1, 2, 3, 4].map((i) => bench.client(socket, ["until", EXIT, spawn(40 * GIGABYTE, 65536, `p${i}`)]));
    for (const flood of floods) flood.catch(() => {}); // they fail when the daemon ends
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { p99 } = await bench.client(socket, ["latency", "2000", requestLine(1, "server.ping"), "\n"]);
    await daemon[Symbol.asyncDispose]();
    await Promise.allSettled(floods);
    return p99! / 1000;
  }

  async function idleChildren(): Promise<number> {
    await using daemon = await bench.daemon();
    await bench.client(daemon.socket, ["spawns", "20", spawnFormat("true")]);
    const before = residentBytes(daemon.pid);
    const lines = Array.from(
      { length: 500 },
      (_, i) => requestLine(i === 499 ? "last" : i, "process.spawn", { id: `c${i}`, command: "sleep", args: ["1000"] }),
    );
    await bench.client(daemon.socket, ["until", '"last"', lines.join("")]);
    return (residentBytes(daemon.pid) - before) / 500 / 1000;
  }

  return [
    {
      name: "1 GB from a child to a client",
      unit: "ms",
      limit: { kind: "atMost", value: 1 / 0.75, of: "ratio" },
      yardstick: { name: "socat -b 8192 EXEC", measure: socatStream },
      measure: () => stream(GIGABYTE, 65536),
    },
    {
      name: "200,000 lines of 64 bytes",
      unit: "ms",
      limit: { kind: "atMost", value: 0.55, of: "ratio" },
      yardstick: {
        name: "bare node",
        measure: async () => await milliseconds((await bareLines()).socket, EXIT, "go\n"),
      },
      measure: () => stream(LINES_BYTES, 64),
    },
    {
      name: "reattach, 16 MiB of 32 KiB frames",
      unit: "ms",
      limit: { kind: "atMost", value: 2, of: "ratio" },
      yardstick: {
        name: "one write",
        measure: async () => await milliseconds((await oneWrite()).socket, '"id":7}', "go\n"),
      },
      measure: () => replay(32 << 10),
    },
    {
      name: "reattach, 16 MiB of 64-byte frames",
      unit: "ms",
      limit: { kind: "atMost", value: 2, of: "ratio" },
      yardstick: {
        name: "one write",
        measure: async () => await milliseconds((await oneWrite()).socket, '"id":7}', "go\n"),
      },
      measure: () => replay(64),
    },
    {
      name: "ping p99 beside four children at full speed",
      unit: "ms",
      limit: { kind: "atMost", value: 20, of: "value" },
      measure: busyPing,
    },
    {
      name: "500 idle children, memory each",
      unit: "kB",
      limit: { kind: "atMost", value: 200, of: "value" },
      measure: idleChildren,
    },
  ];
}

/** Returns a `process.spawn` request with `%d` in its id. */
export function spawnFormat(command: string): string {
  return requestLine(1, "process.spawn", { id: "p%d", command });
}
