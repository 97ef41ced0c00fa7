import { assertEquals, assertRejects } from "@std/assert";
import { ProjectHistory } from "../../lib/projects/history.ts";
import { RequestError } from "../../lib/system/request_error.ts";
import { tempDir } from "../helpers/temp.ts";
import { answerLine, lines, promptLine } from "./transcripts.ts";

const PATH = "/work/app";

async function world(files: Readonly<Record<string, string>>) {
  await using starting = new AsyncDisposableStack();
  const { path: home } = starting.use(await tempDir());
  const directory = `${home}/.claude/projects/-work-app`;
  await Deno.mkdir(directory, { recursive: true });
  const write = (name: string, text: string) => Deno.writeTextFile(`${directory}/${name}`, text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const parts = starting.move();
  return {
    directory,
    write,
    history: new ProjectHistory(home),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const at = (day: number) => ({ at: `2026-11-0${day}T12:00:00.000Z` });

/** A line with blocks. */
function blocks(type: "user" | "assistant", ...content: readonly unknown[]): string {
  return JSON.stringify({ type, timestamp: at(1).at, message: { id: "m", role: type, content } });
}

Deno.test("ProjectHistory lists conversations by their last activity, with title and turns", async () => {
  await using project = await world({
    "new.jsonl": lines(
      promptLine("Fix the\n\x1b[31mlogin page", at(3)),
      answerLine("a", { output: 1 }, at(3)),
      promptLine("and the logout", at(4)),
      answerLine("b", { output: 1 }, at(5)),
    ),
    "titled.jsonl": lines(
      promptLine("x".repeat(500), at(2)),
      '{"type":"ai-title","aiTitle":"A title"}',
      '{"type":"summary","summary":"A summary"}',
    ),
    "old.jsonl": lines(promptLine("y".repeat(500), at(1))),
    // Nobody has said anything here.
    "agent-1.jsonl": lines(promptLine("search", { fields: { isSidechain: true } })),
    "empty.jsonl": "",
    "meta.jsonl": lines(
      promptLine("Caveat: …", { fields: { isMeta: true } }),
      promptLine("<command-name>/clear</command-name>"),
      '{"type":"summary","summary":"Of another one"}',
    ),
    "garbage.jsonl": '{"type":"user"\nnot "user" JSON\n',
    "notes.txt": promptLine("no transcript"),
  });
  await Deno.symlink("/nowhere", `${project.directory}/dangling.jsonl`);
  const found = await project.history.list(PATH, { limit: 10 });
  assertEquals(found, [
    { id: "new", title: "Fix the login page", turns: 2, last_activity: "2026-11-05T12:00:00.000Z" },
    { id: "titled", title: "A title", turns: 1, last_activity: "2026-11-02T12:00:00.000Z" },
    { id: "old", title: `${"y".repeat(199)}…`, turns: 1, last_activity: "2026-11-01T12:00:00.000Z" },
  ]);
  assertEquals(await project.history.list(PATH, { limit: 1, offset: 1 }), [found[1]!]);
  assertEquals(await project.history.list(PATH, { limit: 1, offset: 3 }), []);
  assertEquals(await project.history.list("/work/other", { limit: 10 }), []);
});

Deno.test("ProjectHistory sees what was added since", async () => {
  await using project = await world({ "a.jsonl": lines(promptLine("one", at(1))) });
  assertEquals((await project.history.list(PATH, { limit: 10 }))[0]?.turns, 1);
  await project.write("a.jsonl", lines(promptLine("one", at(1)), promptLine("two", at(2))));
  const [found] = await project.history.list(PATH, { limit: 10 });
  assertEquals([found?.turns, found?.last_activity], [2, "2026-11-02T12:00:00.000Z"]);
  // A line that is not whole is counted once it is.
  const added = lines(promptLine("one", at(1)), promptLine("two", at(2)), promptLine("three", at(3)));
  const turns = async (text: string) => {
    await project.write("a.jsonl", text);
    return (await project.history.list(PATH, { limit: 10 }))[0];
  };
  assertEquals((await turns(added.slice(0, -1)))?.turns, 2);
  assertEquals((await turns(added))?.turns, 3);
  // Another conversation under the same name.
  const other = lines(promptLine("another", at(1)));
  const { turns: count, title } = (await turns(other))!;
  assertEquals([count, title], [1, "another"]);
});

Deno.test("ProjectHistory.conversation() gives turns, with tools in brackets", async () => {
  await using project = await world({
    "a.jsonl": lines(
      promptLine("list the files"),
      blocks("assistant", { type: "thinking", thinking: "hm" }),
      blocks("assistant", { type: "text", text: "I look." }, { type: "tool_use", name: "Bash", input: {} }),
      blocks("user", { type: "tool_result", tool_use_id: "t", content: "a b" }),
      blocks("assistant", { type: "text", text: "There are two." }),
      blocks("user", { type: "text", text: "[Request interrupted by user]" }),
      JSON.stringify({ type: "attachment", attachment: { type: "queued_command", prompt: "and hidden ones?" } }),
      blocks("user", { type: "text", text: "see" }, { type: "image", source: {} }),
      "garbage",
    ) + blocks("assistant", { type: "text", text: "none" }),
  });
  const { page, ...conversation } = await project.history.conversation(PATH, "a", { limit: 10 });
  assertEquals(conversation.turns, 3);
  assertEquals(page.map(({ index, role, text }) => [index, role, text]), [
    [0, "user", "list the files"],
    [1, "assistant", "I look.\n\n[Bash]\n\nThere are two.\n\n[Request interrupted by user]"],
    [2, "user", "and hidden ones?"],
    [3, "user", "see\n\n[image]"],
    [4, "assistant", "none"],
  ]);
});

Deno.test("ProjectHistory.conversation() gives page after page, the last one first", async () => {
  const texts = Array.from({ length: 10 }, (_, i) => [promptLine(`p${i}`), answerLine(`m${i}`, {}, { text: `a${i}` })]);
  await using project = await world({ "a.jsonl": lines(...texts.flat()) });
  const seen: string[] = [];
  let before: number | undefined;
  for (;;) {
    const { page } = await project.history.conversation(PATH, "a", { limit: 3, before });
    if (page.length === 0) break;
    seen.unshift(...page.map(({ text }) => text));
    before = page[0]!.index;
  }
  assertEquals(seen, texts.flatMap((_, i) => [`p${i}`, `a${i}`]));
});

Deno.test("ProjectHistory.conversation() cuts turns that are too long, and pages that are too large", async () => {
  const long = "x".repeat(100_000);
  await using project = await world({
    "a.jsonl": lines(...Array.from({ length: 30 }, (_, i) => promptLine(`${i} ${long}`))),
  });
  const { page } = await project.history.conversation(PATH, "a", { limit: 30 });
  assertEquals([page.length, page.at(-1)?.index, page[0]?.text.length], [15, 29, 65_537]);
});

Deno.test("ProjectHistory.conversation() takes the beginning of an id, if only one begins so", async () => {
  await using project = await world({
    "abc.jsonl": lines(promptLine("one", at(1))),
    "abd.jsonl": lines(promptLine("two", at(2))),
    "ab.jsonl": lines(promptLine("three", at(3))),
  });
  const titleOf = async (id: string) => (await project.history.conversation(PATH, id, { limit: 1 })).title;
  assertEquals([await titleOf("abc"), await titleOf("abd"), await titleOf("ab")], ["one", "two", "three"]);
  const error = await assertRejects(() => titleOf("a"), RequestError, '"a" could be ab, abc, abd: say more of its id');
  assertEquals(error.kind, "conflict");
  await Deno.remove(`${project.directory}/abc.jsonl`);
  await Deno.remove(`${project.directory}/ab.jsonl`);
  assertEquals(await titleOf("a"), "two");
});

Deno.test("ProjectHistory.conversation() leads nowhere but into the project's transcripts", async () => {
  await using project = await world({ "a.jsonl": lines(promptLine("one")) });
  await Deno.writeTextFile(`${project.directory}/../other.jsonl`, lines(promptLine("one")));
  for (const id of ["../other", "b", "", ".", "a.jsonl", "a\0", "x".repeat(5_000)]) {
    const error = await assertRejects(() => project.history.conversation(PATH, id, { limit: 1 }), RequestError);
    assertEquals(error.kind, "unknown");
  }
});
