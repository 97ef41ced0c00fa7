import { assert, assertEquals, assertMatch } from "@std/assert";
import { lockHolder } from "../../lib/system/lock_file.ts";
import { parseLockOwners } from "../../lib/daemon/ownership/lock_owners.ts";
import { daemonPaths } from "../../lib/system/paths.ts";
import { claustrum } from "../helpers/command.ts";
import { type TestHome, testHome } from "../helpers/home.ts";
import { LineClient } from "../helpers/line_client.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

async function serveClassic(home: TestHome, token: string, socket = home.socket) {
  const file = `${home.path}/${crypto.randomUUID()}`;
  await Deno.writeTextFile(file, token);
  return await claustrum(home.path, ["-serve", "-socket", socket, "-token-file", file]);
}

async function answers(home: TestHome, token: string): Promise<boolean> {
  using client = await LineClient.connect(home.socket, token);
  return (await client.call("server.ping")).result !== undefined;
}

/** Returns the processes with a text in their arguments. */
function processesWith(text: string): number[] {
  const pids: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Deno.readTextFileSync(`/proc/${name}/cmdline`).includes(text) && isAlive(Number(name))) {
        pids.push(Number(name));
      }
    } catch (error) {
      // The process has ended.
      if (!(error instanceof Error)) throw error;
    }
  }
  return pids;
}

Deno.test("claustrum -serve replaces the daemon and its processes when one already runs", async () => {
  await using home = await testHome();
  assertEquals((await serveClassic(home, "first")).code, 0);
  const first = home.pid();
  using client = await LineClient.connect(home.socket, "first");
  const spawned = await client.call("process.spawn", { id: "p", command: "sleep", args: ["1000"], wantPid: true });
  const second = await serveClassic(home, "second");
  assertEquals(second, { code: 0, stdout: `Claustrum remote server listening on ${home.socket}\n`, stderr: "" });
  assert(home.pid() !== first);
  assertEquals([isAlive(first), isAlive(Number(spawned.result!.pid))], [false, false]);
  assertEquals([await answers(home, "second"), await answers(home, "first")], [true, false]);
  assertMatch(await Deno.readTextFile(`${home.run}/remote-server.log.old`), /Process p started/);
});

Deno.test("claustrum serve replaces a running daemon only when it is called with --replace", async () => {
  await using home = await testHome();
  await serveClassic(home, "first");
  const first = home.pid();
  for (const more of [[], ["--foreground"]]) {
    const { code, stdout } = await claustrum(home.path, ["serve", "--socket", home.socket, ...more]);
    assertEquals([code, stdout], [0, `already running (pid ${first}) on ${home.socket}\n`]);
  }
  assertEquals(await answers(home, "first"), true);
  assertEquals((await claustrum(home.path, ["serve", "--replace", "--socket", home.socket])).code, 0);
  assertEquals([isAlive(first), await answers(home, await home.token())], [false, true]);
});

Deno.test("claustrum -serve leaves the daemon and its log alone when it serves another socket of the directory", async () => {
  await using home = await testHome();
  await serveClassic(home, "first");
  const first = home.pid();
  const text = `claustrum: ${home.run} is in use by the daemon on ${home.socket} (pid ${first})\n`;
  const other = `${home.run}/other.sock`;
  assertEquals(await serveClassic(home, "x", other), { code: 1, stdout: "", stderr: text });
  for (const more of [[], ["--replace"], ["--foreground", "--replace"]]) {
    assertEquals((await claustrum(home.path, ["serve", "--socket", other, ...more])).stderr, text);
  }
  assertEquals([isAlive(first), await answers(home, "first")], [true, true]);
  assertEquals([...Deno.readDirSync(home.run)].some(({ name }) => name.endsWith(".old")), false);
});

/** Starts a process that is unrelated to any daemon. */
function bystander() {
  return new Deno.Command("sleep", { args: ["1000"], stdin: "null" }).spawn();
}

function record(pid: number, socket: string): string {
  return JSON.stringify({ pid, role: "serve", instanceId: "x", startedAt: "2026-01-01T00:00:00Z", socket });
}

Deno.test("claustrum -serve kills no process when the lock is free and its record is stale", async () => {
  await using home = await testHome();
  await using victim = bystander();
  await Deno.mkdir(home.run, { mode: 0o700 });
  await Deno.writeTextFile(`${home.run}/daemon.lock`, record(victim.pid, home.socket));
  assertEquals((await serveClassic(home, "t")).code, 0);
  assertEquals([isAlive(victim.pid), await answers(home, "t")], [true, true]);
});

for (const text of ["", "{", '"x"', "null", '{"pid":1}', "FORGED"]) {
  Deno.test(`claustrum -serve kills no process when another process holds the lock with the record ${JSON.stringify(text)}`, async () => {
    await using home = await testHome();
    await using victim = bystander();
    await Deno.mkdir(home.run, { mode: 0o700 });
    const lock = `${home.run}/daemon.lock`;
    await Deno.writeTextFile(lock, text === "FORGED" ? record(victim.pid, home.socket) : text);
    using file = await Deno.open(lock, { read: true });
    await file.lock(true);
    const serving = serveClassic(home, "t");
    // The waiting daemon starts once the lock is free.
    await waitFor("the daemon to wait", () => processesWith(home.socket).length > 1);
    file.unlockSync();
    assertEquals((await serving).code, 0);
    assert(isAlive(victim.pid));
  });
}

Deno.test("parseLockOwners() returns the holders of a lock when the list contains several files", () => {
  const text = "1: FLOCK  ADVISORY  WRITE 4242 08:01:777 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 5 08:01:777 0 EOF\n" +
    "2: POSIX  ADVISORY  READ 99 00:2f:778 0 EOF\n";
  assertEquals([...parseLockOwners(text, 777)], [4242]);
  assertEquals([...parseLockOwners(text, 778)], [99]);
  assertEquals([...parseLockOwners(text, 1)], []);
});

Deno.test("claustrum -serve leaves a single daemon when it is run twenty times at once", async () => {
  await using home = await testHome();
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => serveClassic(home, `token-${i}`)));
  const [pid, ...more] = await waitFor("the others to end", () => {
    const pids = processesWith(home.socket);
    return pids.length === 1 ? pids : undefined;
  });
  assertEquals([home.pid(), more.length], [pid, 0]);
  assertEquals((await lockHolder(daemonPaths(home.socket)))?.pid, pid);
  const token = await home.token();
  assertEquals(await answers(home, token), true);
  assertEquals(results[Number(token.slice("token-".length))]?.code, 0, "the one that serves was told of");
  for (const { code, stderr } of results) if (code !== 0) assertMatch(stderr, /another daemon \(pid \d+\) took over/);
});

Deno.test("claustrum serve leaves a single daemon and always succeeds when it is run twenty times at once", async () => {
  await using home = await testHome();
  const serve = () => claustrum(home.path, ["serve", "--socket", home.socket]);
  const results = await Promise.all(Array.from({ length: 20 }, serve));
  assertEquals(results.map(({ code }) => code), results.map(() => 0), results.map(({ stderr }) => stderr).join(""));
  assertEquals(results.filter(({ stdout }) => stdout.startsWith("Claustrum remote server listening")).length, 1);
  await waitFor("the others to end", () => processesWith(home.socket).length === 1);
  assertEquals(await answers(home, await home.token()), true);
});
