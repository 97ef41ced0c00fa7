import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { InstanceLogs } from "../../lib/remote/instance_log.ts";
import { LogMask } from "../../lib/remote/log_mask.ts";
import { MaskedLog } from "../../lib/remote/masked_log.ts";
import type { InstanceLog } from "../../lib/remote/types.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";

const DAY_MS = 86_400_000;
const MIB = 1 << 20;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The log of an instance in a directory, and what its watchers are told. */
async function openLog(directory: string, options: { isWatched?: boolean; redactOnDisk?: boolean } = {}) {
  const clock = fakeClock();
  const told: InstanceLog[] = [];
  const log = await InstanceLogs.open({
    directory,
    mask: new LogMask(),
    clock,
    redactOnDisk: options.redactOnDisk ?? false,
    isWatched: () => options.isWatched ?? true,
    tell: (log) => void told.push(log),
    onLines: () => {},
  });
  return { log, clock, told };
}

async function filesIn(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

Deno.test("read() returns whole lines from an offset, and from the end without one", async () => {
  await using dir = await tempDir();
  const log = await MaskedLog.open(dir.path, Date.now());
  assertEquals(await log.read(), { text: "", offset: 0, end: 0 });
  await log.append(bytes("first\nsecond\nthird\n"));
  assertEquals(await log.read(), { text: "first\nsecond\nthird\n", offset: 0, end: 19 });
  assertEquals(await log.read({ bytes: 9 }), { text: "third\n", offset: 13, end: 19 });
  assertEquals(await log.read({ offset: 6, bytes: 10 }), { text: "second\n", offset: 6, end: 13 });
  assertEquals(await log.read({ offset: 6, bytes: 1 }), { text: "second\n", offset: 6, end: 13 });
  assertEquals(await log.read({ offset: 13 }), { text: "third\n", offset: 13, end: 19 });
  assertEquals(await log.read({ offset: 99 }), { text: "", offset: 19, end: 19 });
});

Deno.test("a log goes on where it ended, keeps six files, and loses what is older", async () => {
  await using dir = await tempDir();
  const line = `${"x".repeat(999)}\n`;
  {
    const log = await MaskedLog.open(dir.path, Date.now());
    for (let i = 0; i < 75; i++) await log.append(bytes(line.repeat(1_000)));
    assertEquals(log.end, 75_000_000);
  }
  const log = await MaskedLog.open(dir.path, Date.now());
  assertEquals(log.end, 75_000_000);
  const files = await filesIn(dir.path);
  assertEquals(files.length, 6);
  const { text, offset } = await log.read({ offset: 0, bytes: 2_000 });
  assertEquals([offset, text], [Number(/\d+/.exec(files[0]!)?.[0]), line + line]);
  // Across the boundary of two files.
  const boundary = Number(/\d+/.exec(files[3]!)?.[0]);
  const before = await log.read({ offset: boundary - 1_000, bytes: 5_000 });
  assertEquals([before.text, before.end], [line, boundary]);
  for (const file of files) assertEquals((await Deno.stat(`${dir.path}/${file}`)).mode! & 0o777, 0o600);
});

Deno.test("files that are older than 30 days are removed", async () => {
  await using dir = await tempDir();
  const old = new Date(Date.now() - 31 * DAY_MS);
  for (const name of ["debug.log.1", "masked-0.log", "masked-10.log", "other"]) {
    await Deno.writeTextFile(`${dir.path}/${name}`, "text\n");
    if (name !== "masked-10.log") await Deno.utime(`${dir.path}/${name}`, old, old);
  }
  const log = await InstanceLogs.open({
    ...{ directory: dir.path, mask: new LogMask(), redactOnDisk: false, onLines: () => {}, tell: () => {} },
    ...{ clock: { ...fakeClock(), now: () => Date.now() }, isWatched: () => false },
  });
  log[Symbol.dispose]();
  assertEquals(await filesIn(dir.path), ["masked-10.log", "other"]);
});

Deno.test("watchers are told whole lines, a few times a second, and where they stand", async () => {
  await using dir = await tempDir();
  const { log, clock, told } = await openLog(dir.path);
  await Deno.writeTextFile(log.debugPath, "one\ntwo\nhal");
  const { offset } = await log.readDebug(0, true);
  await log.addErrors(bytes("an error\n"));
  assertEquals(told, []);
  clock.advance(250);
  assertEquals(told, [{ text: "one\ntwo\nan error\n", offset: 0, end: 17 }]);
  await Deno.writeTextFile(log.debugPath, "f\n", { append: true });
  assertEquals((await log.readDebug(offset, true)).offset, 13);
  clock.advance(250);
  assertEquals(told[1], { text: "half\n", offset: 17, end: 22 });
  assertEquals(log.errors, "an error");
});

Deno.test("watchers are told at most 64 KiB at once, of the newest lines", async () => {
  await using dir = await tempDir();
  const { log, clock, told } = await openLog(dir.path);
  const line = `${"x".repeat(999)}\n`;
  await Deno.writeTextFile(log.debugPath, line.repeat(1_000));
  await log.readDebug(0, true);
  clock.advance(250);
  assertEquals(told.length, 1);
  const { text, offset, end } = told[0]!;
  assert(text.length <= 65_536 && text.length > 60_000, `${text.length}`);
  assertEquals([offset, end, text.startsWith("x")], [1_000_000 - text.length, 1_000_000, true]);
  assertEquals((await log.read({ offset })).text, text);
});

Deno.test("nobody is told what nobody watches", async () => {
  await using dir = await tempDir();
  const { log, clock, told } = await openLog(dir.path, { isWatched: false });
  await log.addErrors(bytes("text\n"));
  assertEquals([clock.pending, told], [0, []]);
});

Deno.test("a large debug file is put aside, five of them are kept, and reading goes on", async () => {
  await using dir = await tempDir();
  const { log } = await openLog(dir.path, { isWatched: false });
  let offset = 0;
  for (let i = 0; i < 7; i++) {
    await Deno.writeTextFile(log.debugPath, `${`line ${i} `.padEnd(1023, "x")}\n`.repeat(10 << 10), { append: true });
    for (let isBehind = true; isBehind;) ({ offset, isBehind } = await log.readDebug(offset, true));
    assertEquals(offset, 0);
  }
  const debugFiles = (await filesIn(dir.path)).filter((name) => name.startsWith("debug"));
  assertEquals(debugFiles, ["debug.log", ...[1, 2, 3, 4, 5].map((n) => `debug.log.${n}`)]);
  assertMatch(await Deno.readTextFile(`${dir.path}/debug.log.1`), /^line 6 /);
  await Deno.writeTextFile(log.debugPath, "after\n", { append: true });
  await log.readDebug(offset, true);
  assertMatch((await log.read({ bytes: 2_000 })).text, /after\n$/);
});

Deno.test("a debug file that is to hold no secrets is emptied once it was read", async () => {
  await using dir = await tempDir();
  const { log } = await openLog(dir.path, { redactOnDisk: true, isWatched: false });
  await Deno.writeTextFile(log.debugPath, "Bearer abcdefghijkl\n");
  const first = await log.readDebug(0, false);
  assertEquals([first.offset, (await Deno.stat(log.debugPath)).size], [20, 20]);
  const second = await log.readDebug(first.offset, true);
  assertEquals([second.offset, (await Deno.stat(log.debugPath)).size], [0, 0]);
  await log.begin();
  assertEquals(await filesIn(dir.path), ["debug.log", "masked-0.log"]);
  assertEquals((await Deno.stat(log.debugPath)).size, 0);
  assertFalse((await Deno.readTextFile(`${dir.path}/masked-0.log`)).includes("abcdef"));
});

Deno.test("nobody else can read the debug file that a program appends to, nor those before it", async () => {
  await using dir = await tempDir();
  const { log } = await openLog(dir.path);
  for (let i = 0; i < 2; i++) {
    await log.begin();
    await Deno.writeTextFile(log.debugPath, "session_1\n", { append: true });
  }
  const modes = await Promise.all(["debug.log", "debug.log.1"].map(async (name) => {
    return (await Deno.stat(`${dir.path}/${name}`)).mode! & 0o777;
  }));
  assertEquals(modes, [0o600, 0o600]);
});

Deno.test("of a log that grows too fast, what is far behind is left out", async () => {
  await using dir = await tempDir();
  const { log } = await openLog(dir.path, { isWatched: false });
  await Deno.writeTextFile(log.debugPath, `${"x".repeat(1023)}\n`.repeat(20 << 10));
  const { offset, isBehind } = await log.readDebug(0, false);
  assertEquals([offset, isBehind], [20 * MIB, false]);
  assertMatch((await log.read({ offset: 0 })).text, /^\[19922944 bytes are left out: .*\]\nx{1023}\n/);
});

Deno.test("read() goes beyond a long line of bytes that are no text", async () => {
  await using dir = await tempDir();
  const { log } = await openLog(dir.path);
  // Each such byte takes three in the log.
  await log.addErrors(new Uint8Array(64 << 10).fill(0xff, 0, -2).fill(0x0a, -1));
  await log.addErrors(bytes("next\n"));
  const first = await log.read({ offset: 0, bytes: 1 });
  const second = await log.read({ offset: first.end });
  assertEquals([first.text.endsWith("\n"), second.text], [true, "next\n"]);
});
