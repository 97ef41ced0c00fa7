import { ProjectUsage } from "../../../lib/projects/usage.ts";
import { transcriptDirectory } from "../../../lib/claude_home/transcript.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { findProgram } from "../../helpers/program.ts";
import { type Bench, MissingError, output, startOnce } from "../bench.ts";
import { type Row, timed } from "../harness.ts";

const PROJECT = "/home/me/web";
const FILES = 40;
const FILE_BYTES = 25_000_000;
/** Adds up the output of each answer once, which is less than what we do. */
const JQ =
  'reduce (inputs | select(.type == "assistant") | .message) as $m ({}; .[$m.id] = $m.usage) | [.[].output_tokens] | add';

/** Creates the rows of usage: 1 GB of transcripts. */
export function usageRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const home = `${bench.directory}/usage`;
  const directory = transcriptDirectory(home, PROJECT);
  const transcripts = startOnce(stack, async () => {
    await Deno.mkdir(directory, { recursive: true });
    for (let i = 0; i < FILES; i++) await writeTranscript(`${directory}/session-${i}.jsonl`, i);
    return { async [Symbol.asyncDispose]() {} };
  });
  let last = 0;
  const open = () =>
    new ProjectUsage({
      home,
      path: `${home}/usage-${last++}.db`,
      config: { mode: "cost", prices: {} },
      clock: systemClock,
    });
  const warm = startOnce(stack, async () => {
    await transcripts();
    const usage = open();
    await usage.read(PROJECT);
    return Object.assign(usage, { [Symbol.asyncDispose]: () => Promise.resolve(usage[Symbol.dispose]()) });
  });

  async function cold(): Promise<number> {
    await transcripts();
    using usage = open();
    return await timed(() => usage.read(PROJECT));
  }

  async function jq(): Promise<number> {
    if (findProgram("jq") === undefined) throw new MissingError("install jq");
    await transcripts();
    const names = Array.from(Deno.readDirSync(directory), ({ name }) => `${directory}/${name}`);
    return await timed(() => output(["jq", "-n", JQ, ...names]));
  }

  /** The longest time in which the program that asks can do nothing else, in milliseconds. */
  async function stall(): Promise<number> {
    await transcripts();
    using usage = open();
    let [at, longest] = [performance.now(), 0];
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - at);
      at = performance.now();
    }, 1);
    await usage.read(PROJECT).finally(() => clearInterval(timer));
    return longest;
  }

  async function afterTurn(): Promise<number> {
    const usage = await warm();
    await Deno.writeTextFile(`${directory}/session-0.jsonl`, answer(`new-${last++}`, 0, "x"), { append: true });
    return await timed(() => usage.read(PROJECT));
  }

  return [
    {
      name: "usage: 1 GB of transcripts, cold",
      unit: "ms",
      limit: { kind: "atMost", value: 5_000, of: "value" },
      yardstick: { name: "jq", measure: jq },
      measure: cold,
    },
    {
      name: "usage: 1 GB of transcripts, warm",
      unit: "ms",
      limit: { kind: "atMost", value: 50, of: "value" },
      measure: async () => await warm().then((usage) => timed(() => usage.read(PROJECT))),
    },
    {
      name: "usage: 1 GB of transcripts, after an answer",
      unit: "ms",
      limit: { kind: "atMost", value: 50, of: "value" },
      measure: afterTurn,
    },
    {
      name: "usage: longest stall of the hub while cold",
      unit: "ms",
      limit: { kind: "atMost", value: 100, of: "value" },
      measure: stall,
    },
  ];
}

/** Writes a transcript in which tools print a lot, and answers have several blocks. */
async function writeTranscript(path: string, seed: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const encoder = new TextEncoder();
  const words = 'the function returns a value of type string when called with two "arguments" // naïve\n\t if (x)'
    .split(" ");
  const text = (at: number, count: number) =>
    Array.from({ length: count }, (_, i) => words[(at * 7 + i * i) % words.length]).join(" ");
  const pool = Array.from({ length: 64 }, (_, i) => text(i, 50 + i * 12));
  let size = 0;
  for (let turn = 0; size < FILE_BYTES; turn++) {
    const day = 1 + (seed + Math.floor(turn / 1_000)) % 28;
    const id = `msg_${seed}_${turn}`;
    const blocks = Array.from({ length: 1 + turn % 4 }, (_, i) => answer(id, seed, pool[(turn + i) % 64]!, day));
    const bytes = encoder.encode([toolResult(pool[turn % 64]! + pool[turn * 3 % 64]!, seed), ...blocks].join(""));
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    size += bytes.length;
  }
}

function toolResult(content: string, seed: number): string {
  return `${
    JSON.stringify({
      ...base(seed, 1),
      type: "user",
      message: { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content }] },
      toolUseResult: { stdout: content, stderr: "", interrupted: false },
    })
  }\n`;
}

function answer(id: string, seed: number, text: string, day = 1): string {
  const usage = {
    input_tokens: 5,
    cache_creation_input_tokens: 1_200,
    cache_read_input_tokens: 54_000,
    output_tokens: 700,
    service_tier: "standard",
    cache_creation: { ephemeral_5m_input_tokens: 1_200, ephemeral_1h_input_tokens: 0 },
  };
  const message = { id, type: "message", role: "assistant", model: "claude-opus-4-5-20251101" };
  return `${
    JSON.stringify({
      ...base(seed, day),
      type: "assistant",
      requestId: `req_${id}`,
      message: { ...message, content: [{ type: "text", text }], stop_reason: null, usage },
    })
  }\n`;
}

function base(seed: number, day: number) {
  return {
    parentUuid: "0b7a5c1e-0000-4000-8000-000000000001",
    isSidechain: false,
    cwd: PROJECT,
    sessionId: `session-${seed}`,
    version: "2.1.200",
    gitBranch: "main",
    timestamp: `2026-11-${String(day).padStart(2, "0")}T12:00:00.000Z`,
    uuid: "0b7a5c1e-0000-4000-8000-000000000002",
  };
}
