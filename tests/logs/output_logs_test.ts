import { assert, assertEquals, assertRejects } from "@std/assert";
import { type LogPiece, readLog } from "../../lib/logs/log_reader.ts";
import { LogError, LogInUseError } from "../../lib/logs/log_error.ts";
import { listLogRecords } from "../../lib/logs/log_records.ts";
import { OutputLogs, type OutputLogsOptions } from "../../lib/logs/output_logs.ts";
import { keepAlive, systemClock } from "../../lib/system/clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { canMount, smallDisk } from "../helpers/small_disk.ts";
import { waitFor } from "../helpers/wait.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function logsIn(
  directory: string,
  more: Partial<OutputLogsOptions> = {},
): OutputLogs & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const log = { warn: (text: string) => void warnings.push(text) };
  const logs = new OutputLogs({ records: directory, directory, log, clock: systemClock, ...more });
  return Object.assign(logs, { warnings });
}

async function piecesOf(file: string, isWritten = false): Promise<LogPiece[]> {
  return await Array.fromAsync(readLog(file, { isWritten }));
}

async function textOf(file: string): Promise<string> {
  const pieces = await piecesOf(file);
  return pieces.map((piece) => piece.kind === "missing" ? `[${piece.length}]` : decode(piece.data)).join("");
}

const summary = (
  piece: LogPiece,
) => [piece.kind, piece.seq, piece.time, piece.kind === "missing" ? piece.length : decode(piece.data)];

Deno.test("a log has the bytes as they came, and beside them when and from which stream", async () => {
  await using directory = await tempDir();
  const logs = logsIn(`${directory.path}/logs`);
  const log = await logs.open("a/b");
  log.noteStart(7, 1000);
  log.write("stdout", 1, encode("one\n"), 1001);
  log.write("stderr", 2, new Uint8Array([0, 255, 10]), 1500);
  log.write("stdout", 3, encode("two"), 900);
  log.noteExit({ code: 3 }, 2000);
  log.close();
  await logs.close();
  assertEquals(log.file, `${directory.path}/logs/a%2Fb.log`);
  assertEquals(await Deno.readFile(log.file), new Uint8Array([...encode("one\n"), 0, 255, 10, ...encode("two")]));
  const pieces = await piecesOf(log.file);
  assertEquals(pieces.map(({ kind, seq, time }) => [kind, seq, time]), [
    ["stdout", 1, 1001],
    ["stderr", 2, 1500],
    ["stdout", 3, 900],
  ]);
  assertEquals(new Set(pieces.map(({ run }) => run)), new Set([log.run]));
  const modes = [`${directory.path}/logs`, log.file, `${log.file}.times`].map((path) =>
    Deno.statSync(path).mode! & 0o777
  );
  assertEquals(modes, [0o700, 0o600, 0o600]);
});

Deno.test("a process that has the id later appends, also one of another daemon", async () => {
  await using directory = await tempDir();
  for (const text of ["one\n", "two\n"]) {
    const logs = logsIn(directory.path);
    const log = await logs.open("p");
    log.write("stdout", 1, encode(text), 5);
    log.close();
    await logs.close();
  }
  const [first, second] = await piecesOf(`${directory.path}/p.log`);
  assertEquals([summary(first!), summary(second!)], [["stdout", 1, 5, "one\n"], ["stdout", 1, 5, "two\n"]]);
  assert(first!.run !== second!.run);
});

Deno.test("two processes of one id write to one log at the same time, and two ids never do", async () => {
  await using directory = await tempDir();
  using _alive = keepAlive();
  await using _closing = new AsyncDisposableStack();
  const logs = logsIn(directory.path);
  _closing.defer(() => logs.close());
  const file = `${directory.path}/mine`;
  const [old, next] = await Promise.all([logs.open("p", { file }), logs.open("p", { file })]);
  old.write("stdout", 8, encode("last words\n"), 1);
  next.write("stdout", 1, encode("hello\n"), 2);
  old.close();
  await assertRejects(() => logs.open("q", { file }), LogInUseError);
  // Another daemon, with records of its own, sees the lock.
  await assertRejects(() => logsIn(`${directory.path}/other`).open("p", { file }), LogInUseError, "another process");
  next.close();
  await logs.close();
  assertEquals((await piecesOf(file)).map(summary), [["stdout", 8, 1, "last words\n"], ["stdout", 1, 2, "hello\n"]]);
});

Deno.test("a log that another daemon is about to close is taken over, and nothing is lost meanwhile", async () => {
  await using directory = await tempDir();
  using _alive = keepAlive();
  const retired = logsIn(directory.path);
  const log = await retired.open("p");
  log.write("stdout", 1, encode("old\n"), 1);
  const serving = logsIn(directory.path);
  await assertRejects(() => logsIn(directory.path).open("p", { file: log.file }), LogInUseError);
  const next = await serving.open("p", { isTakenOver: true });
  assertEquals(next.file, log.file);
  next.write("stdout", 1, encode("new\n"), 2);
  log.write("stdout", 2, encode("last\n"), 3);
  log.close();
  await retired.close();
  next.close();
  await serving.close();
  assertEquals(await textOf(log.file), "old\nlast\nnew\n");
});

Deno.test("a log is rotated at 10 MB and has five files, each with its times", async () => {
  await using directory = await tempDir();
  const logs = logsIn(directory.path);
  const log = await logs.open("p");
  const data = new Uint8Array(32_768);
  const count = Math.ceil(62_000_000 / data.length);
  for (let seq = 1; seq <= count; seq++) {
    await log.wait();
    log.write("stdout", seq, data.fill(seq % 251), seq);
  }
  log.close();
  await logs.close();
  const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name).filter((name) =>
    name.startsWith("p.log")
  );
  const rotated = ["", ".1", ".2", ".3", ".4"].flatMap((age) => [`p.log${age}`, `p.log${age}.times`]);
  assertEquals(names.sort(), rotated.sort());
  assert(rotated.every((name) => Deno.statSync(`${directory.path}/${name}`).size <= 10_000_000));
  const pieces = await piecesOf(log.file);
  const first = pieces[0]!.seq!;
  assert(first > 1 && first < count / 2);
  assertEquals(pieces.map(({ seq }) => seq), Array.from(pieces, (_, i) => first + i));
  assertEquals(pieces.at(-1)!.seq, count);
  assert(
    pieces.every((piece) => piece.kind === "stdout" && piece.data[0] === piece.seq! % 251 && piece.time === piece.seq),
  );
});

Deno.test("a log can be read while it is written and rotated, without a gap and without a byte twice", async () => {
  await using directory = await tempDir();
  const logs = logsIn(directory.path);
  const log = await logs.open("p");
  const data = new Uint8Array(32_768);
  let isOver = false;
  const writing = (async () => {
    for (let seq = 1; seq <= 1500; seq++) {
      await log.wait();
      log.write("stdout", seq, data.fill(seq % 251), seq);
      if (seq % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    isOver = true;
  })();
  while (!isOver) {
    const seqs = (await piecesOf(log.file, true)).map((piece) => {
      if (piece.kind !== "stdout") throw new Error(`there is ${piece.kind}`);
      assertEquals(piece.data.length, 32_768);
      assert(piece.data[0] === piece.seq! % 251 && piece.data.at(-1) === piece.seq! % 251);
      return piece.seq!;
    });
    assertEquals(seqs, Array.from(seqs, (_, i) => seqs[0]! + i));
  }
  await writing;
  log.close();
  await logs.close();
});

Deno.test("a log whose daemon was killed is repaired: what the times do not describe is read nevertheless", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/p.log`;
  const write = async (text: string) => {
    const logs = logsIn(directory.path);
    const log = await logs.open("p");
    log.write("stderr", 1, encode(text), 1);
    log.close();
    await logs.close();
  };
  await write("one\n");
  await Deno.writeTextFile(file, "unknown\n", { append: true });
  await Deno.writeTextFile(`${file}.times`, "o 1", { append: true });
  assertEquals(await textOf(file), "one\nunknown\n");
  await write("two\n");
  assertEquals((await piecesOf(file)).map(({ kind, seq }) => [kind, seq]), [["stderr", 1], ["stdout", undefined], [
    "stderr",
    1,
  ]]);
  assertEquals(await textOf(file), "one\nunknown\ntwo\n");
  await Deno.truncate(file, 2);
  await write("three\n");
  assertEquals(await textOf(file), "onthree\n");
  await Deno.remove(`${file}.times`);
  await write("four\n");
  assertEquals(await textOf(file), "onthree\nfour\n");
});

Deno.test("a rotation that a crash has cut short is finished, and no file is lost", async () => {
  await using directory = await tempDir();
  const file = `${directory.path}/p.log`;
  const write = async (text: string) => {
    const logs = logsIn(directory.path);
    const log = await logs.open("p");
    log.write("stderr", 1, encode(text), 1);
    log.close();
    await logs.close();
  };
  await write("one\n");
  await Deno.rename(file, `${file}.1`);
  await write("two\n");
  assertEquals((await piecesOf(file)).map(summary), [["stderr", 1, 1, "one\n"], ["stderr", 1, 1, "two\n"]]);
});

Deno.test("a log is opened neither through a symlink nor in a directory of others", async () => {
  await using directory = await tempDir();
  const own = `${directory.path}/own`;
  const target = `${directory.path}/target`;
  await Deno.mkdir(target);
  await Deno.writeTextFile(`${target}/file`, "mine\n");
  await Deno.symlink(`${target}/file`, `${directory.path}/link`);
  const logs = logsIn(own);
  await assertRejects(() => logs.open("p", { file: `${directory.path}/link` }), LogError, "is a symbolic link");
  await assertRejects(() => logs.open("p", { file: target }), LogError, "is a directory");
  await assertRejects(
    () => logs.open("p", { file: `${directory.path}/no/log` }),
    LogError,
    "no such file or directory",
  );
  await new Deno.Command("mkfifo", { args: [`${directory.path}/fifo`] }).output();
  await assertRejects(() => logs.open("p", { file: `${directory.path}/fifo` }), LogError, "not a regular file");
  await Deno.symlink(target, own);
  await assertRejects(() => logs.open("p"), LogError, "not a directory");
  await Deno.remove(own);
  await Deno.mkdir(own, { mode: 0o700 });
  await Deno.chmod(own, 0o777);
  await assertRejects(() => logs.open("p"), LogError, "writable by others");
  assertEquals(await Deno.readTextFile(`${target}/file`), "mine\n");
  assertEquals([...Deno.readDirSync(target)].length, 1);
});

Deno.test("a log goes on when its directory is removed or replaced by a symlink for a while", async () => {
  await using directory = await tempDir();
  const own = `${directory.path}/logs`;
  let elapsed = 0;
  const logs = logsIn(own, { clock: { ...systemClock, elapsed: () => elapsed } });
  const log = await logs.open("p");
  const write = async (seq: number, text: string) => {
    elapsed += 10_000;
    log.write("stdout", seq, encode(text), seq);
    await waitFor(
      "the write",
      async () =>
        (await Array.fromAsync(readLog(log.file, { isWritten: true })).catch(() => [])).at(-1)?.seq === seq ||
        logs.warnings.length > 0,
    );
  };
  await write(1, "one\n");
  await Deno.remove(own, { recursive: true });
  await write(2, "two\n");
  assertEquals(await textOf(log.file), "two\n");
  await Deno.mkdir(`${directory.path}/elsewhere`);
  await Deno.rename(own, `${directory.path}/moved`);
  await Deno.symlink(`${directory.path}/elsewhere`, own);
  await write(3, "three\n");
  assertEquals([...Deno.readDirSync(`${directory.path}/elsewhere`)].length, 0);
  await Deno.remove(own);
  logs.warnings.length = 0;
  await write(4, "four\n");
  log.close();
  await logs.close();
  assertEquals(await textOf(log.file), "[6]four\n");
});

Deno.test("a renamed process keeps its log, and another one with its former id gets a new one", async () => {
  await using directory = await tempDir();
  const logs = logsIn(directory.path);
  const log = await logs.open("a");
  log.rename("b");
  await waitFor("the record", async () => (await listLogRecords(directory.path))[0]?.id === "b");
  const other = await logs.open("a");
  assertEquals([log.file, other.file], [`${directory.path}/a.log`, `${directory.path}/a~2.log`]);
  log.close();
  other.close();
  await logs.close();
  const again = await logs.open("a");
  assertEquals(again.file, other.file);
  again.close();
  await logs.close();
});

Deno.test("an id whose log moves keeps those elsewhere, and remove() removes those that nobody has chosen", async () => {
  await using directory = await tempDir();
  const [records, file] = [`${directory.path}/logs`, `${directory.path}/chosen`];
  const recorded = async () => {
    const [{ file, earlier } = { file: "", earlier: [] }] = await listLogRecords(records);
    return [...earlier, { file }].map((log) => log.file);
  };
  const logs = logsIn(records);
  for (const each of [undefined, file, undefined, file]) (await logs.open("p", { file: each })).close();
  assertEquals(await recorded(), [`${records}/p.log`, file]);
  (await logs.open("p")).close();
  assertEquals(await recorded(), [file, `${records}/p.log`]);
  const elsewhere = logsIn(records, { directory: `${directory.path}/kept` });
  const moved = await elsewhere.open("p");
  assertEquals(await recorded(), [file, `${records}/p.log`, moved.file]);
  moved.close();
  await elsewhere.close();
  assertEquals(await logs.remove("p"), true);
  assertEquals([...Deno.readDirSync(records), ...Deno.readDirSync(`${directory.path}/kept`)], []);
  assert(Deno.statSync(file).isFile);
  await logs.close();
});

Deno.test("a process that is renamed takes its log to those of its new id", async () => {
  await using directory = await tempDir();
  const logs = logsIn(directory.path);
  (await logs.open("b")).close();
  const log = await logs.open("a");
  log.rename("b");
  const recordsOf = () => listLogRecords(directory.path);
  await waitFor("the record of the former id to be gone", async () => (await recordsOf()).length === 1);
  const [record] = await recordsOf();
  assertEquals(record?.earlier, [{ file: `${directory.path}/b.log`, isChosen: false }]);
  log.close();
  await logs.close();
});

Deno.test("remove() removes the files of a log that nobody writes, but not a file that a client has chosen", async () => {
  await using directory = await tempDir();
  const logs = logsIn(`${directory.path}/logs`);
  const file = `${directory.path}/chosen`;
  const [own, chosen] = [await logs.open("own"), await logs.open("chosen", { file })];
  own.write("stdout", 1, encode("x"), 1);
  await assertRejects(() => logs.remove("own"), LogInUseError);
  await assertRejects(() => logsIn(`${directory.path}/logs`).remove("own"), LogInUseError);
  own.close();
  chosen.close();
  assertEquals([await logs.remove("own"), await logs.remove("own"), await logs.remove("chosen")], [true, false, true]);
  assertEquals([...Deno.readDirSync(`${directory.path}/logs`)], []);
  assert(Deno.statSync(file).isFile);
  await logs.close();
});

Deno.test({
  name: "on a full disk output is missing in a log, which says how much and goes on when there is room",
  ignore: !await canMount(),
  async fn() {
    await using disk = await smallDisk(256);
    const logs = logsIn(`${disk.path}/logs`);
    const log = await logs.open("p");
    log.write("stdout", 1, encode("one\n"), 1);
    await waitFor("the first line", async () => await textOf(log.file) === "one\n");
    await disk.fill();
    log.write("stdout", 2, new Uint8Array(20_000), 2);
    log.write("stderr", 3, new Uint8Array(80_000), 3);
    await waitFor("the failure", () => logs.warnings.length > 0);
    await disk.empty();
    log.write("stdout", 4, encode("two\n"), 4);
    log.close();
    await logs.close();
    assertEquals(await textOf(log.file), "one\n[100000]two\n");
    assertEquals((await piecesOf(log.file)).map(({ seq }) => seq), [1, 2, 4]);
    assertEquals(logs.warnings.length, 2);
  },
});
