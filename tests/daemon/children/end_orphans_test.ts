import { assert, assertEquals } from "@std/assert";
import { childMarks, type ChildRecord, parseRecord } from "../../../lib/daemon/children/child_record.ts";
import { endOrphans, isOrphan } from "../../../lib/daemon/children/end_orphans.ts";
import { machineFacts, processFacts } from "../../../lib/daemon/children/process_facts_linux.ts";
import { signalGroup } from "../../../lib/process/signals.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { silentLogger } from "../../../lib/system/log.ts";
import { isThere } from "../../../lib/system/private_files.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { tempDir } from "../../helpers/temp.ts";
import { isAlive, soon, waitFor } from "../../helpers/wait.ts";

const onLinux = { ignore: Deno.build.os !== "linux" };
/** A process that does not exist: ids are at most 2^22. */
const DEAD_PID = 2 ** 22 + 1;
const DEAD_START = "1";

/** A process that a dead daemon has left behind, with its record. */
interface Orphan extends AsyncDisposable {
  readonly pid: number;
  readonly record: ChildRecord;
  readonly runDirectory: string;
  /** The file of the record. */
  readonly path: string;
  /** Writes a record that differs in some fields. */
  write(changes?: Partial<Record<keyof ChildRecord, unknown>>, name?: string): Promise<string>;
  /** Ends orphans, and returns the signals that were sent. */
  end(): Promise<Deno.Signal[]>;
}

async function orphan(
  { script = "exec sleep 1000", marks = {}, detached = true }: {
    script?: string;
    marks?: Record<string, string>;
    detached?: boolean;
  } = {},
): Promise<Orphan> {
  const directory = await tempDir();
  const runDirectory = directory.path;
  const env = { ...childMarks(runDirectory, DEAD_PID, DEAD_START), ...marks };
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", `echo; ${script}`],
    env,
    detached,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  // It has set up its signals when it prints.
  const reader = child.stdout.getReader();
  await soon("its output", reader.read());
  await reader.cancel();
  const facts = await waitFor("its program", async () => {
    const facts = await processFacts(child.pid);
    return script.startsWith("exec ") === (facts?.args[0] === "sleep") ? facts : undefined;
  });
  const record: ChildRecord = {
    pid: child.pid,
    ...(await machineFacts())!,
    instance: "0".repeat(32),
    daemonPid: DEAD_PID,
    daemonStart: DEAD_START,
    argv0: facts.args[0]!,
    start: facts.start,
    at: 0,
  };
  const records = `${runDirectory}/children`;
  await Deno.mkdir(records);
  const path = `${records}/${child.pid}.json`;
  return {
    pid: child.pid,
    record,
    runDirectory,
    path,
    async write(changes = {}, name = `${child.pid}.json`) {
      await Deno.writeTextFile(`${records}/${name}`, JSON.stringify({ ...record, ...changes }));
      return `${records}/${name}`;
    },
    async end() {
      const sent: Deno.Signal[] = [];
      await endOrphans({
        runDirectory,
        directory: records,
        machine: (await machineFacts())!,
        clock: systemClock,
        log: silentLogger,
        signalGroup(group, signal) {
          assertEquals(group, child.pid);
          sent.push(signal);
          signalGroup(group, signal);
        },
      });
      return sent;
    },
    async [Symbol.asyncDispose]() {
      if (isAlive(child.pid)) child.kill("SIGKILL");
      await child.status;
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test(
  "endOrphans() ends a process that a dead daemon has left behind, and removes its record",
  onLinux,
  async () => {
    await using left = await orphan();
    await left.write();
    assertEquals(await left.end(), ["SIGTERM"]);
    assertEquals([isAlive(left.pid), await isThere(left.path)], [false, false]);
  },
);

Deno.test("endOrphans() kills a process that ignores SIGTERM", onLinux, async () => {
  await using left = await orphan({ script: "trap '' TERM; while :; do sleep 1; done" });
  await left.write();
  assertEquals(await left.end(), ["SIGTERM", "SIGKILL"]);
  await waitFor("its end", () => !isAlive(left.pid));
});

for (
  const [what, changes] of [
    ["started at another time", { start: "12345" }],
    ["runs another program", { argv0: "/usr/bin/vi" }],
    ["was started by another daemon", { daemonStart: "2" }],
    ["was started by a daemon with another id", { daemonPid: DEAD_PID + 1 }],
  ] as const
) {
  Deno.test(`endOrphans() spares a process that ${what}, and forgets the record`, onLinux, async () => {
    await using left = await orphan();
    await left.write(changes);
    assertEquals(await left.end(), []);
    assertEquals([isAlive(left.pid), await isThere(left.path)], [true, false]);
  });
}

for (
  const [what, options] of [
    ["does not carry the mark of the directory", { marks: { CLAUDE_SSH_RUN_DIR: "/elsewhere" } }],
    ["does not carry the mark of the daemon", { marks: { CLAUDE_SSH_CHILD: `${DEAD_PID}:10` } }],
    ["does not lead its group", { detached: false }],
  ] as const
) {
  Deno.test(`endOrphans() spares a process that ${what}`, onLinux, async () => {
    await using left = await orphan(options);
    await left.write();
    assertEquals(await left.end(), []);
    assert(isAlive(left.pid));
  });
}

Deno.test("endOrphans() leaves the records of daemons that run, and of other machines", onLinux, async () => {
  await using left = await orphan();
  const own = { daemonPid: Deno.pid, daemonStart: (await processFacts(Deno.pid))!.start };
  for (const changes of [own, { node: "other" }]) {
    await left.write(changes);
    assertEquals(await left.end(), []);
    assertEquals([isAlive(left.pid), await isThere(left.path)], [true, true]);
  }
  // After a restart of the machine, no process of the record exists any more.
  await left.write({ host: "other" });
  assertEquals(await left.end(), []);
  assertEquals([isAlive(left.pid), await isThere(left.path)], [true, false]);
});

Deno.test("endOrphans() signals nothing because of forged records", onLinux, async () => {
  await using left = await orphan();
  const forged = [
    ["0.json", { pid: 0 }],
    ["1.json", { pid: 1 }],
    ["-1.json", { pid: -1 }],
    [`${left.pid}.json`, { pid: String(left.pid) }],
    [`${left.pid}.json`, { pid: -left.pid }],
    [`${left.pid}.json`, { pid: left.pid + 0.5 }],
    [`${Deno.pid}.json`, {}],
    [`${left.pid}.json`, { start: 1 }],
    [`${left.pid}.json`, { start: undefined }],
    [`${left.pid}.json`, { argv0: "" }],
    [`${left.pid}.json`, { daemonPid: 1, daemonStart: "" }],
  ] as const;
  for (const [name, changes] of forged) {
    await left.write(changes, name);
    assertEquals(await left.end(), [], JSON.stringify([name, changes]));
  }
  for (const text of ["", "null", "[]", "{", "[".repeat(100_000), "x".repeat(70_000)]) {
    await Deno.writeTextFile(left.path, text);
    assertEquals(await left.end(), []);
  }
  assert(isAlive(left.pid));
});

Deno.test("endOrphans() reads neither links nor FIFOs, and nothing through a linked directory", onLinux, async () => {
  await using left = await orphan();
  const written = await left.write();
  await using elsewhere = await tempDir();
  await Deno.rename(written, `${elsewhere.path}/record`);
  await Deno.symlink(`${elsewhere.path}/record`, left.path);
  assertEquals(await left.end(), []);
  await Deno.remove(left.path);
  assert((await new Deno.Command("mkfifo", { args: [left.path] }).output()).success);
  assertEquals(await soon("the end", left.end()), []);
  await Deno.remove(left.path);
  await Deno.rename(`${elsewhere.path}/record`, `${elsewhere.path}/${left.pid}.json`);
  await Deno.remove(`${left.runDirectory}/children`);
  await Deno.symlink(elsewhere.path, `${left.runDirectory}/children`);
  assertEquals(await left.end(), []);
  assert(isAlive(left.pid));
  await Deno.remove(`${left.runDirectory}/children`);
  assertEquals(await left.end(), []);
});

Deno.test("isOrphan() compares whole values", () => {
  const record: ChildRecord = {
    ...{ pid: 7, node: "n", host: "h", instance: "i", daemonPid: 5, daemonStart: "50" },
    ...{ argv0: "/bin/x", start: "70", at: 0 },
  };
  const facts = {
    ...{ start: "70", group: 7, file: "/bin/y", args: ["/bin/x"] },
    environment: ["CLAUDE_SSH_RUN_DIR=/run", "CLAUDE_SSH_CHILD=5:50"],
  };
  assertEquals(isOrphan(record, facts, "/run"), true);
  assertEquals(isOrphan(record, { ...facts, args: ["a", "b", "c", "/bin/x"] }, "/run"), false);
  assertEquals(isOrphan(record, { ...facts, args: ["title"], file: "/bin/x" }, "/run"), true);
  assertEquals(isOrphan(record, { ...facts, group: 8 }, "/run"), false);
  assertEquals(isOrphan(record, facts, "/run2"), false);
  assertEquals(isOrphan({ ...record, daemonStart: "5" }, facts, "/run"), false);
  assertEquals(isOrphan(record, undefined, "/run"), false);
});

Deno.test("parseRecord() takes only the record of the process that its file names", () => {
  const record = {
    ...{ pid: 7, node: "n", host: "h", instance: "i", daemonPid: 5, daemonStart: "50" },
    ...{ argv0: "/bin/x", start: "70", at: fakeClock().now() },
  };
  assertEquals(parseRecord("7.json", JSON.stringify(record)), record);
  assertEquals(parseRecord("8.json", JSON.stringify(record)), undefined);
  assertEquals(parseRecord("07.json", JSON.stringify(record)), undefined);
});
