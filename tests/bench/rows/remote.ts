import { waitFor } from "../../helpers/wait.ts";
import { type Bench, startOnce } from "../bench.ts";
import { type Row, timed } from "../harness.ts";
import { type BenchHub, startBenchHub } from "../hub_bench.ts";

/** How much the log grows, in megabytes a minute, and for how long it is measured, in milliseconds. */
const [MB_A_MINUTE, MEASURE_MS] = [100, 20_000];
/** How long others wait between two calls, in milliseconds. */
const PAUSE_MS = 5;

/** A server that is ready at once and then writes a debug file of lines with ids, secrets and colours. */
const PROGRAM = `#!/usr/bin/env python3
import sys, time
path = sys.argv[sys.argv.index("--debug-file") + 1]
line = ("2026-11-22T01:02:03.456Z [DEBUG] [bridge:work] poll of session_01AbCdEfGhIjKlMnOp \\x1b[32mtook\\x1b[0m 12 ms, "
        "Bearer abcdef0123456789 123e4567-e89b-12d3-a456-426614174000 in /home/user/projects/web/lib/file.ts\\n")
with open(path, "ab", buffering=0) as out:
    out.write(b"[bridge:work] Starting poll loop environmentId=env_01AbCdEf\\n")
    piece = (line * (${MB_A_MINUTE} * 1000000 // 60 // 50 // len(line))).encode()
    due = time.monotonic()
    while True:
        out.write(piece)
        due += 0.02
        time.sleep(max(0, due - time.monotonic()))
`;

/** A hub whose only instance fills its log, and somebody who watches it. */
interface Flooded extends AsyncDisposable {
  readonly hub: BenchHub;
  readonly id: string;
}

/** The rows of remote control. */
export function remoteRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const flooded = startOnce(stack, () => startFlooded(bench));

  async function othersP99(): Promise<number> {
    const { hub } = await flooded();
    await using client = await hub.connect();
    const times: number[] = [];
    for (const end = performance.now() + MEASURE_MS; performance.now() < end;) {
      times.push(await timed(() => client.call("sessions.list", {})));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
  }

  /** How fast the masked log grows, in megabytes of the raw log a minute. */
  async function tailed(): Promise<number> {
    const { hub, id } = await flooded();
    await using client = await hub.connect();
    const end = async () => (await client.call("instance.log", { instance_id: id, bytes: 1 })).end;
    const [first, start] = [await end(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, MEASURE_MS / 2));
    const masked = (await end() - first) / (performance.now() - start) * 60_000 / 1e6;
    return masked * RAW_TO_MASKED;
  }

  return [
    {
      name: "remote: log of 100 MB/min, p99 for others",
      unit: "ms",
      limit: { kind: "atMost", value: 20, of: "value" },
      measure: othersP99,
    },
    {
      name: "remote: log of 100 MB/min, tailed and masked",
      unit: "MB/min",
      limit: { kind: "atLeast", value: 95, of: "value" },
      measure: tailed,
    },
  ];
}

/** How many bytes a line has before and after it is masked. */
const RAW_TO_MASKED = 203 / 133;

async function startFlooded(bench: Bench): Promise<Flooded> {
  const program = `${bench.directory}/flooding-server`;
  await Deno.writeTextFile(program, PROGRAM, { mode: 0o755 });
  await using starting = new AsyncDisposableStack();
  const hub = starting.use(await startBenchHub(bench, { program, hasProjects: true }));
  const watcher = starting.use(await hub.connect());
  const { id } = await watcher.call("instances.start", { project: "work" });
  const ending = new AbortController();
  let told = 0;
  const following = (async () => {
    for await (const { type } of watcher.follow({ watch: [`log:${id}`], signal: ending.signal })) {
      if (type === "notice") told++;
    }
  })();
  await waitFor("the first lines", () => told > 0);
  starting.defer(async () => {
    ending.abort();
    await following;
    await using client = await hub.connect();
    await client.call("instances.stop", { instance_id: id });
  });
  const parts = starting.move();
  return { hub, id, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}
