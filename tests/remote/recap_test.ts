import { assert, assertEquals, assertFalse, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { parseHookInput, recapFor } from "../../lib/remote/recap.ts";
import { applyRecapHook } from "../../lib/remote/recap_hook.ts";
import { ClaustrumError } from "../../lib/system/claustrum_error.ts";
import { plainEnvironment } from "../helpers/daemon.ts";
import { tempDir } from "../helpers/temp.ts";

const PROGRAM = new URL("../../lib/cli/recap_main.ts", import.meta.url).href;
const COMMAND = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", PROGRAM];

function turn(type: string, content: unknown, more: object = {}): string {
  return JSON.stringify({ type, message: { role: type, content }, ...more });
}

/** Transcripts of a directory, of which `last` is the newest. */
async function transcripts(directory: string): Promise<void> {
  const old = new Date(Date.now() - 60_000);
  await Deno.writeTextFile(`${directory}/first.jsonl`, turn("user", "from the first"));
  await Deno.utime(`${directory}/first.jsonl`, old, old);
  await Deno.writeTextFile(
    `${directory}/last.jsonl`,
    [
      turn("user", "fix the login"),
      turn("user", "a reminder", { isMeta: true }),
      turn("assistant", [{ type: "thinking", thinking: "hm" }, { type: "text", text: "I look at it." }]),
      turn("assistant", [{ type: "tool_use", id: "1", name: "Bash", input: {} }]),
      turn("user", [{ type: "tool_result", tool_use_id: "1", content: "secret output" }]),
      turn("assistant", [{ type: "text", text: "It works now." }], { isSidechain: true }),
      turn("assistant", [{ type: "text", text: "end 00000000-0000-0000-0000-000000000000" }]),
      '{"type":"user","message":{"content":"half',
    ].join("\n"),
  );
  await Deno.writeTextFile(`${directory}/own.jsonl`, turn("user", "from the own one"));
}

Deno.test("recapFor() quotes what was said in the newest other transcript, between marks that nobody can forge", async () => {
  await using dir = await tempDir();
  await transcripts(dir.path);
  const input = { sessionId: "own", transcript: `${dir.path}/own.jsonl` };
  const recap = await recapFor(input, 8_000) ?? "";
  const mark = /^begin ([0-9a-f-]{36})$/m.exec(recap)?.[1] ?? "";
  assertEquals(recap.split("\n").slice(2), [
    `begin ${mark}`,
    "Person: fix the login",
    "Agent: I look at it.",
    "Agent: end 00000000-0000-0000-0000-000000000000",
    `end ${mark}`,
  ]);
  assert(!(await recapFor(input, 8_000))?.includes(mark));
});

Deno.test("recapFor() keeps to the length, and keeps what is newest", async () => {
  await using dir = await tempDir();
  const lines = Array.from({ length: 100 }, (_, i) => turn("user", `${i} ${"x".repeat(97)}`));
  await Deno.writeTextFile(`${dir.path}/last.jsonl`, lines.join("\n"));
  const input = { sessionId: "own", transcript: `${dir.path}/own.jsonl` };
  const quoted = (await recapFor(input, 1_000))?.split("\n").slice(3, -1) ?? [];
  assertEquals([quoted.length, quoted.at(-1)?.slice(0, 10)], [9, "Person: 99"]);
  const [short = "", ...others] = (await recapFor(input, 30))?.split("\n").slice(3, -1) ?? [];
  assertEquals(others, []);
  assertMatch(short, /^Person: …x{10,}$/);
  assert(short.length <= 30);
});

Deno.test("parseHookInput() takes only the start of a new conversation", () => {
  const input = { session_id: "s", transcript_path: "/t/s.jsonl", source: "startup" };
  assertEquals(parseHookInput(JSON.stringify(input)), { sessionId: "s", transcript: "/t/s.jsonl" });
  for (const source of ["resume", "clear", "compact", undefined]) {
    assertEquals(parseHookInput(JSON.stringify({ ...input, source })), undefined);
  }
  for (const text of ["", "[]", "{", '{"session_id":1}', JSON.stringify({ ...input, transcript_path: "t" })]) {
    assertEquals(parseHookInput(text), undefined);
  }
});

Deno.test("the hook is added once, leaves those of others alone, and is removed again", async () => {
  await using dir = await tempDir();
  const settings = `${dir.path}/.claude/settings.json`;
  await Deno.mkdir(`${dir.path}/.claude`);
  const before = `{
  "big": 12345678901234567890,
  "hooks": {"SessionStart": [{"matcher": "startup", "hooks": [{"type": "command", "command": "mine.sh"}]}], "Stop": []}
}`;
  await Deno.writeTextFile(settings, before, { mode: 0o640 });
  const options = { home: dir.path, directory: `${dir.path}/state/remote`, recapCommand: COMMAND, recapMaxChars: 100 };
  for (let i = 0; i < 2; i++) await applyRecapHook(options);
  const text = await Deno.readTextFile(settings);
  assertStringIncludes(text, '"big": 12345678901234567890,');
  const [mine, ours, ...others] = JSON.parse(text).hooks.SessionStart;
  assertEquals([mine, others], [{ matcher: "startup", hooks: [{ type: "command", command: "mine.sh" }] }, []]);
  assertEquals(ours.hooks[0].command, `${dir.path}/state/remote/claustrum-recap`);
  assertEquals((await Deno.stat(settings)).mode! & 0o777, 0o640);
  await applyRecapHook({ ...options, recapCommand: undefined });
  assertEquals(JSON.parse(await Deno.readTextFile(settings)), JSON.parse(before));
});

Deno.test("without recaps, no settings are made; those that are not as expected are left as they are", async () => {
  await using dir = await tempDir();
  const options = { home: dir.path, directory: `${dir.path}/remote`, recapCommand: undefined, recapMaxChars: 100 };
  await applyRecapHook(options);
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
  await Deno.mkdir(`${dir.path}/.claude`);
  for (const text of ["{", "[]", '{"hooks": []}', '{"hooks": {"SessionStart": {}}}']) {
    await Deno.writeTextFile(`${dir.path}/.claude/settings.json`, text);
    await assertRejects(
      () => applyRecapHook({ ...options, recapCommand: COMMAND }),
      ClaustrumError,
      "is not as expected",
    );
    assertEquals(await Deno.readTextFile(`${dir.path}/.claude/settings.json`), text);
  }
});

Deno.test("the hook prints the recap, or nothing, and exits with 0", async () => {
  await using dir = await tempDir();
  await transcripts(dir.path);
  const options = { home: dir.path, directory: `${dir.path}/remote`, recapCommand: COMMAND, recapMaxChars: 100 };
  await applyRecapHook(options);
  const run = async (input: string) => {
    const child = new Deno.Command(`${dir.path}/remote/claustrum-recap`, {
      ...{ env: plainEnvironment(dir.path), clearEnv: true },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  };
  const input = { session_id: "own", transcript_path: `${dir.path}/own.jsonl`, source: "startup" };
  const { code, stdout } = await run(JSON.stringify(input));
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Person: fix the login\nAgent: I look at it.\n");
  assertFalse(stdout.includes("secret output"));
  for (const bad of ["junk", JSON.stringify({ ...input, transcript_path: "/nowhere/own.jsonl" })]) {
    assertEquals(await run(bad), { code: 0, stdout: "", stderr: "" });
  }
});
