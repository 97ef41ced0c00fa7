import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { findTranscript, hasUserRecord, readRecords, transcriptPath } from "../../lib/claude_home/transcript.ts";
import { driveAgent, hasFact } from "../helpers/driven_agent.ts";
import { standInAgent } from "../helpers/stand_in_agent.ts";
import { tempDir } from "../helpers/temp.ts";

const line = (json: unknown) => `${JSON.stringify(json)}\n`;

async function write(path: string, text: string | Uint8Array): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
}

async function read(path: string, afterUuid?: string): Promise<unknown[]> {
  const records = await Array.fromAsync(readRecords(path, { afterUuid }));
  return records.map(({ type, uuid }) => uuid ?? type);
}

Deno.test("transcriptPath() names the file as the agent CLI does", () => {
  assertEquals(transcriptPath("/h", "/a b/ü_c.d", "id"), "/h/.claude/projects/-a-b---c-d/id.jsonl");
});

Deno.test("findTranscript() finds a conversation that was begun in any directory", async () => {
  await using dir = await tempDir();
  assertEquals(await findTranscript(dir.path, "id"), undefined);
  await write(transcriptPath(dir.path, "/one", "other"), "");
  await write(transcriptPath(dir.path, "/two", "id"), "");
  await Deno.writeTextFile(`${dir.path}/.claude/projects/a file`, "");
  assertEquals(await findTranscript(dir.path, "id"), `${dir.path}/.claude/projects/-two/id.jsonl`);
});

Deno.test("findTranscript() takes the newest when there are several", async () => {
  await using dir = await tempDir();
  for (const [i, cwd] of ["/a", "/c", "/b"].entries()) {
    const path = transcriptPath(dir.path, cwd, "id");
    await write(path, "");
    await Deno.utime(path, 1000, cwd === "/c" ? 3000 : 1000 + i);
  }
  assertEquals(await findTranscript(dir.path, "id"), transcriptPath(dir.path, "/c", "id"));
});

Deno.test("findTranscript() does not leave the directory", async () => {
  await using dir = await tempDir();
  await write(`${dir.path}/.claude/secret.jsonl`, "");
  await write(transcriptPath(dir.path, "/a", "id"), "");
  for (const id of ["../../secret", "", ".", "a/b", "id\0"]) {
    assertEquals(await findTranscript(dir.path, id), undefined);
  }
});

Deno.test("readRecords() reads all records, also of unknown types", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/t.jsonl`;
  const odd = { uuid: 3, strange: [1, { deep: null }] };
  await write(path, line({ type: "user", uuid: "a" }) + line({ type: "never-seen" }) + line(odd));
  assertEquals(await Array.fromAsync(readRecords(path)), [
    { type: "user", uuid: "a", json: { type: "user", uuid: "a" } },
    { type: "never-seen", json: { type: "never-seen" } },
    { type: "unknown", json: odd },
  ]);
});

Deno.test("readRecords() passes over what is no record", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/t.jsonl`;
  await write(path, `\n[1]\nnull\n"text"\n{"type":\n${line({ type: "user", uuid: "a" })}\0\0\0{"type":"assist`);
  assertEquals(await read(path), ["a"]);
  await write(path, '{"uuid":"whole"}\n{"uuid":"without a newline"}');
  assertEquals(await read(path), ["whole", "without a newline"]);
});

Deno.test("readRecords() reads what a kill at any byte leaves", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/t.jsonl`;
  const bytes = new TextEncoder().encode(["ä", "b", "c😀"].map((uuid) => line({ uuid })).join(""));
  for (let size = 0; size <= bytes.length; size++) {
    await write(path, bytes.subarray(0, size));
    const found = await read(path);
    assertEquals(found, ["ä", "b", "c😀"].slice(0, found.length));
  }
});

Deno.test("readRecords() begins after a record", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/t.jsonl`;
  const uuids = ["a", "b", "c"];
  await write(path, uuids.map((uuid, i) => line({ parentUuid: uuids[i - 1] ?? null, uuid })).join(""));
  assertEquals(await read(path, "a"), ["b", "c"]);
  assertEquals(await read(path, "c"), []);
  assertEquals(await read(path, "not there"), []);
});

Deno.test("readRecords() fails when there is no file", async () => {
  await assertRejects(() => read("/nowhere/t.jsonl"));
});

Deno.test("readRecords() takes a file of any length in bounded memory", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/t.jsonl`;
  const part = new TextEncoder().encode(line({ type: "assistant", text: "x".repeat(1 << 20) }));
  {
    using file = await Deno.open(path, { create: true, append: true });
    for (let i = 0; i < 400; i++) await file.write(part);
  }
  // In a program of its own: other tests use memory at the same time.
  const module = new URL("../../lib/claude_home/transcript.ts", import.meta.url);
  const script = `
    import { readRecords } from "${module}";
    let count = 0;
    for await (const { type } of readRecords("${path}")) if (type === "assistant") count++;
    const [, peakKiB] = /^VmHWM:\\s+(\\d+)/m.exec(Deno.readTextFileSync("/proc/self/status"));
    console.log(JSON.stringify({ count, peakKiB: Number(peakKiB) }));
  `;
  await Deno.writeTextFile(`${dir.path}/read.js`, script);
  const child = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", `${dir.path}/read.js`] });
  const { count, peakKiB } = JSON.parse(new TextDecoder().decode((await child.output()).stdout));
  assertEquals(count, 400);
  assert(peakKiB < 300 << 10, `${peakKiB >> 10} MiB at most`);
});

Deno.test("hasUserRecord() finds a prompt by the UUID that was sent with it", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/t.jsonl`;
  const attachment = { type: "queued_command", prompt: "hi", source_uuid: "absorbed" };
  const records = [
    { type: "user", uuid: "prompt" },
    { type: "assistant", uuid: "answer", parentUuid: "prompt", text: "not a prompt: mentioned" },
    { type: "attachment", uuid: "other", attachment },
    { type: "attachment", uuid: "more", attachment: { type: "file", source_uuid: "file" } },
    { type: "attachment", uuid: "none", attachment: null },
  ];
  await write(path, records.map(line).join("") + '{"type":"user","uuid":"half"');
  const asked = ["prompt", "absorbed", "answer", "mentioned", "other", "file", "none", "half"];
  const found = await Promise.all(asked.map((uuid) => hasUserRecord(path, uuid)));
  assertEquals(asked.filter((_, i) => found[i]), ["prompt", "absorbed"]);
  assertEquals(await hasUserRecord(`${dir.path}/none.jsonl`, "prompt"), false);
});

Deno.test("hasUserRecord() agrees with a search through all records", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/t.jsonl`;
  const name = fc.constantFrom("a", "b", "c");
  const record = fc.record({ type: fc.constantFrom("user", "assistant"), uuid: name, parentUuid: name });
  await fc.assert(fc.asyncProperty(fc.array(record), name, async (all, uuid) => {
    await write(path, all.map(line).join(""));
    assertEquals(await hasUserRecord(path, uuid), all.some((one) => one.type === "user" && one.uuid === uuid));
  }));
});

Deno.test("the transcript of the stand-in has each prompt, and each answer under the UUID of its event", async () => {
  await using dir = await tempDir();
  const { program } = await standInAgent(dir.path);
  await using agent = driveAgent({ program, home: dir.path });
  const uuid = await agent.prompt("hello");
  await agent.next("a result", hasFact("result"));
  const path = transcriptPath(dir.path, dir.path, agent.id);
  assertEquals(await findTranscript(dir.path, agent.id), path);
  assertEquals(await hasUserRecord(path, uuid), true);
  const after = await Array.fromAsync(readRecords(path, { afterUuid: uuid }));
  const said = agent.messages.flatMap((message) =>
    message.kind === "event" && message.type === "assistant" ? message.uuid : []
  );
  assertEquals(after.map((one) => one.uuid), said);
});
