import { assertEquals, assertRejects } from "@std/assert";
import { ProjectUsage } from "../../lib/projects/usage.ts";
import { UsageIndex } from "../../lib/projects/usage_index.ts";
import { summarize } from "../../lib/projects/usage_summary.ts";
import type { Usage } from "../../lib/projects/types.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { RequestError } from "../../lib/system/request_error.ts";
import { tempDir } from "../helpers/temp.ts";
import { answerLine, lines, promptLine } from "./transcripts.ts";

const COST = { mode: "cost", prices: {} } as const;

/** A directory with transcripts, and an index of them in memory. */
async function corpus(files: Readonly<Record<string, string>>) {
  await using starting = new AsyncDisposableStack();
  const { path } = starting.use(await tempDir());
  const index = starting.use(await UsageIndex.open());
  const write = (name: string, text: string) => Deno.writeTextFile(`${path}/${name}`, text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const parts = starting.move();
  return {
    path,
    write,
    append: (name: string, text: string) => Deno.writeTextFile(`${path}/${name}`, text, { append: true }),
    usage: async (): Promise<Usage> => summarize(await index.read("p", [path]), COST),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

Deno.test("usage counts an answer once over all files of a project, with the largest counts", async () => {
  await using project = await corpus({
    "one.jsonl": lines(
      promptLine("hello"),
      // One answer of three blocks; the counts grow while it is written.
      answerLine("a", { input: 10, output: 1, read: 100, write: 50 }),
      answerLine("a", { input: 10, output: 20, read: 100, write: 50 }),
      answerLine("a", { input: 10, output: 20, read: 100, write: 50 }),
      answerLine("b", { input: 5, output: 7 }, { at: "2026-11-21T12:00:00.000Z" }),
    ),
    // A fork: the history is copied, and the session is another one.
    "two.jsonl": lines(
      answerLine("a", { input: 10, output: 20, read: 100, write: 50 }, { session: "two" }),
      answerLine("b", { input: 5, output: 3 }, { session: "two", at: "2026-11-21T12:00:00.000Z" }),
      answerLine("c", { input: 1, output: 2, write: 3, long: 2 }, {
        session: "two",
        at: "2026-11-22T12:00:00.000Z",
        model: "claude-opus-4-5-20251101",
      }),
    ),
  });
  const { tokens, cost_usd, approximate, unpriced, by_model, by_day, sessions } = await project.usage();
  // By hand: a + b + c.
  assertEquals(tokens, { input: 16, output: 29, cache_read: 100, cache_creation: 53 });
  const sonnet = (15 * 3 + 27 * 15 + 100 * 0.3 + 50 * 3.75) / 1e6;
  const opus = (1 * 5 + 2 * 25 + 1 * 6.25 + 2 * 10) / 1e6;
  assertEquals(cost_usd, Math.round((sonnet + opus) * 1e6) / 1e6);
  assertEquals([approximate, unpriced], [true, []]);
  assertEquals(by_model.map(({ key, tokens }) => [key, tokens.input, tokens.output]), [
    ["claude-sonnet-4-5-20250929", 15, 27],
    ["claude-opus-4-5-20251101", 1, 2],
  ]);
  assertEquals(by_day.map(({ key, tokens }) => [key, tokens.output]), [
    ["2026-11-20", 20],
    ["2026-11-21", 7],
    ["2026-11-22", 2],
  ]);
  assertEquals(sessions.map(({ key, tokens }) => [key, tokens.output]), [["two", 2], ["one", 27]]);
});

Deno.test("usage takes what was added, and a line only once it is whole", async () => {
  await using project = await corpus({ "one.jsonl": lines(answerLine("a", { output: 1 })) });
  assertEquals((await project.usage()).tokens.output, 1);
  const next = answerLine("b", { output: 10 });
  await project.append("one.jsonl", next.slice(0, 100));
  assertEquals((await project.usage()).tokens.output, 1);
  await project.append("one.jsonl", next.slice(100));
  // It is whole without its newline, too.
  assertEquals((await project.usage()).tokens.output, 11);
  await project.append("one.jsonl", "\n" + lines(answerLine("c", { output: 100 }), answerLine("b", { output: 20 })));
  assertEquals((await project.usage()).tokens.output, 121);
  assertEquals((await project.usage()).tokens.output, 121);
});

Deno.test("usage reads a transcript anew that was shortened or replaced, and counts nothing twice", async () => {
  await using project = await corpus({
    "one.jsonl": lines(answerLine("a", { output: 1 }), answerLine("b", { output: 10 })),
  });
  assertEquals((await project.usage()).tokens.output, 11);
  await Deno.truncate(`${project.path}/one.jsonl`, 0);
  await project.append("one.jsonl", lines(answerLine("c", { output: 100 })));
  assertEquals((await project.usage()).tokens.output, 111);
  // As long as before, and longer, with another beginning.
  await project.write("one.jsonl", lines(answerLine("d", { output: 200 }), answerLine("c", { output: 100 })));
  assertEquals((await project.usage()).tokens.output, 311);
  // Another file under the same name.
  await project.write("new.jsonl", lines(answerLine("e", { output: 1_000 }), answerLine("d", { output: 200 })));
  await Deno.rename(`${project.path}/new.jsonl`, `${project.path}/one.jsonl`);
  assertEquals((await project.usage()).tokens.output, 1_311);
  // What was used was used.
  await Deno.remove(`${project.path}/one.jsonl`);
  assertEquals((await project.usage()).tokens.output, 1_311);
});

Deno.test("usage passes over lines that are no records, and reads those around them", async () => {
  const good = (id: string) => answerLine(id, { output: 1 });
  await using project = await corpus({
    "one.jsonl": lines(
      good("a"),
      '{"type":"assistant","message":{"usage":{"output_tokens":5',
      '"usage" "assistant"',
      '\0\xff not JSON "usage" "assistant"',
      "",
      "[".repeat(100_000) + '"usage" "assistant"',
      '["assistant",{"usage":1}]',
      '{"type":"assistant","message":null,"usage":{}}',
      '{"type":"assistant","message":{"id":"x","model":"m","usage":null}}',
      answerLine("negative", { output: -5 }),
      '{"type":"assistant","message":{"id":"y","model":"m","usage":{"output_tokens":"7","input_tokens":1e400}}}',
      answerLine("synthetic", {}, { model: "<synthetic>" }),
      // What tools report of others.
      '{"type":"user","toolUseResult":{"usage":{"output_tokens":9},"type":"assistant"},"message":{"id":"z"}}',
      // A person who talks about it.
      promptLine('{"type":"assistant","message":{"id":"q","usage":{"output_tokens":9}}}'),
      good("b"),
    ) + good("c"),
    "notes.txt": good("d"),
  });
  assertEquals((await project.usage()).tokens.output, 3);
});

Deno.test("usage reads lines that are longer than what is read at once", async () => {
  const large = answerLine("large", { output: 5 }, { text: "é".repeat(2_000_000) });
  await using project = await corpus({
    "one.jsonl": lines(answerLine("a", { output: 1 }), large, answerLine("b", { output: 1 })),
  });
  assertEquals((await project.usage()).tokens.output, 7);
  await project.append("one.jsonl", lines(large.replace('"large"', '"larger"')));
  assertEquals((await project.usage()).tokens.output, 12);
});

Deno.test("usage passes over a line without an end, and reads on behind it", async () => {
  await using project = await corpus({ "one.jsonl": lines(answerLine("a", { output: 1 })) });
  {
    using file = await Deno.open(`${project.path}/one.jsonl`, { append: true });
    await file.write(new TextEncoder().encode('{"usage":"assistant'));
    await file.truncate(80 << 20);
  }
  assertEquals((await project.usage()).tokens.output, 1);
  await project.append("one.jsonl", "\n" + lines(answerLine("b", { output: 10 })));
  assertEquals((await project.usage()).tokens.output, 11);
});

Deno.test("usage counts subagents with their conversation, and answers without an id by their line", async () => {
  await using project = await corpus({ "one.jsonl": lines(answerLine(undefined, { output: 1 })) });
  await Deno.mkdir(`${project.path}/one/subagents`, { recursive: true });
  await project.write("one/subagents/agent-1.jsonl", lines(answerLine("a", { output: 10 })));
  const { tokens, sessions } = await project.usage();
  assertEquals([tokens.output, sessions.map(({ key }) => key)], [11, ["one"]]);
});

Deno.test("usage names models without a price, and leaves them out of the money", async () => {
  await using project = await corpus({
    "one.jsonl": lines(
      answerLine("a", { output: 1_000_000 }),
      answerLine("b", { output: 5 }, { model: "gpt-x" }),
    ),
  });
  const { cost_usd, unpriced, by_model } = await project.usage();
  assertEquals([cost_usd, unpriced], [15, ["gpt-x"]]);
  assertEquals(by_model.map(({ key, cost_usd }) => [key, cost_usd]), [
    ["claude-sonnet-4-5-20250929", 15],
    ["gpt-x", null],
  ]);
});

Deno.test("ProjectUsage reads in a worker, keeps what it has read, and shows what is configured", async () => {
  await using dir = await tempDir();
  const [home, path] = [dir.path, "/work/my app"];
  const own = `${home}/.claude/projects/-work-my-app`;
  await Deno.mkdir(own, { recursive: true });
  await Deno.mkdir(`${own}--claude-worktrees-fix`);
  await Deno.writeTextFile(`${own}/one.jsonl`, lines(answerLine("a", { output: 1_000_000 })));
  await Deno.writeTextFile(`${own}--claude-worktrees-fix/two.jsonl`, lines(answerLine("b", { output: 1 })));
  const options = { home, path: `${home}/usage.db`, clock: systemClock };
  {
    using usage = new ProjectUsage({ ...options, config: COST });
    assertEquals(usage.known(path), undefined);
    const [first, same] = await Promise.all([usage.read(path), usage.read(path)]);
    assertEquals([first === same, first.tokens.output], [true, 1_000_001]);
    assertEquals(usage.known(path)?.cost_usd, 15.000015);
    assertEquals((await usage.read("/work/other")).tokens.output, 0);
  }
  // What is known is not read again: the next hub finds it without the transcripts.
  await Deno.remove(`${home}/.claude`, { recursive: true });
  {
    using usage = new ProjectUsage({ ...options, config: { mode: "tokens", prices: {} } });
    const { tokens, cost_usd, unpriced } = await usage.read(path);
    assertEquals([tokens.output, cost_usd, unpriced], [1_000_001, null, []]);
  }
  using off = new ProjectUsage({ ...options, config: { mode: "off", prices: {} } });
  await assertRejects(async () => await off.read(path), RequestError, "usage.mode is off");
});

Deno.test("ProjectUsage makes a damaged index anew", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/usage.db`;
  await Deno.writeTextFile(path, "no database at all, but a text that is long enough to be read as one".repeat(100));
  using index = await UsageIndex.open(path);
  assertEquals(await index.read("p", [dir.path]), []);
});

Deno.test("usage passes over counts that no answer can have", async () => {
  const wrong = Array.from({ length: 1_100 }, (_, i) => answerLine(`x${i}`, { input: Number.MAX_SAFE_INTEGER }));
  await using project = await corpus({ "one.jsonl": lines(...wrong, answerLine("a", { input: 10, output: 20 })) });
  const { tokens } = await project.usage();
  assertEquals([tokens.input, tokens.output], [10, 20]);
});

Deno.test("usage counts each answer of a long transcript once, also where its lines are far apart", async () => {
  const many = Array.from({ length: 20_500 }, (_, i) => answerLine(`x${i}`, { input: 1, output: 1 }));
  await using project = await corpus({
    "one.jsonl": lines(answerLine("a", { output: 1 }), ...many, answerLine("a", { output: 5 })),
  });
  const { tokens } = await project.usage();
  assertEquals([tokens.input, tokens.output], [20_500, 20_505]);
});
