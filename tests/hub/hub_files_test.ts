import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { acquireHubLock, HubRunningError } from "../../lib/hub/hub_lock.ts";
import { hubLogger } from "../../lib/hub/hub_log.ts";
import { hubPaths } from "../../lib/hub/hub_paths.ts";
import { ensureHubToken, hubTokenChecker, readHubToken, rotateHubToken } from "../../lib/hub/hub_token.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { ServeError } from "../../lib/system/serve_error.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("acquireHubLock() refuses a second hub, and names the first", async () => {
  await using dir = await tempDir();
  const paths = hubPaths({ stateDir: dir.path });
  using lock = await acquireHubLock(paths, systemClock);
  lock.record(paths.socket);
  const error = await assertRejects(() => acquireHubLock(paths, systemClock), HubRunningError);
  assertEquals([error.pid, error.message], [Deno.pid, `${dir.path} is in use by the hub with pid ${Deno.pid}`]);
});

Deno.test("acquireHubLock() waits for a hub that is stopping", async () => {
  await using dir = await tempDir();
  const paths = hubPaths({ stateDir: dir.path });
  const first = await acquireHubLock(paths, systemClock);
  first.record(paths.socket);
  first.withdraw();
  const second = acquireHubLock(paths, systemClock);
  assertEquals(await Promise.race([second.then(() => "acquired"), afterTurns(20)]), "waiting");
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
});

async function afterTurns(turns: number): Promise<"waiting"> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
  return "waiting";
}

Deno.test("acquireHubLock() erases the record of a hub that was killed", async () => {
  await using dir = await tempDir();
  const paths = hubPaths({ stateDir: dir.path });
  const record = { pid: 2, role: "hub", instanceId: "i", startedAt: "", socket: paths.socket };
  await Deno.writeTextFile(paths.lock, JSON.stringify(record));
  using _lock = await acquireHubLock(paths, systemClock);
  assertEquals(readLockRecord(paths.lock), undefined);
});

Deno.test("ensureHubToken() makes a private file with 32 random bytes, once", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.token`;
  assertEquals(await readHubToken(path), undefined);
  const token = await ensureHubToken(path);
  assertEquals(Uint8Array.fromBase64(token, { alphabet: "base64url" }).length, 32);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assertEquals([await ensureHubToken(path), await readHubToken(path)], [token, token]);
});

Deno.test("readHubToken() refuses a file without a token", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/hub.token`, "\n");
  await assertRejects(() => readHubToken(`${dir.path}/hub.token`), ServeError, "does not contain a token");
});

Deno.test("hubTokenChecker() takes the token of the file, and the new one once it is replaced", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.token`;
  const token = await ensureHubToken(path);
  const check = hubTokenChecker(path, token, fakeClock());
  assertEquals([check(token), check(""), check(`${token}x`)], [true, false, false]);
  const next = await rotateHubToken(path);
  assertEquals([check(next), check(token)], [true, false]);
  await Deno.remove(path);
  assertEquals([check(next), check("")], [true, false]);
});

Deno.test("hubTokenChecker() refuses a token soon after it was replaced", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.token`;
  const token = await ensureHubToken(path);
  const clock = fakeClock();
  const check = hubTokenChecker(path, token, clock);
  await rotateHubToken(path);
  clock.advance(20);
  assertEquals(check(token), false);
});

Deno.test("hubTokenChecker() tells once that the token was replaced", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.token`;
  const token = await ensureHubToken(path);
  let replaced = 0;
  const check = hubTokenChecker(path, token, fakeClock(), () => replaced++);
  check(token);
  check("x");
  assertEquals(replaced, 0);
  const next = await rotateHubToken(path);
  check("x");
  check(next);
  assertEquals(replaced, 1);
});

Deno.test("hubLogger() writes JSON lines for collectors", () => {
  const lines: string[] = [];
  const log = hubLogger({
    format: "json",
    level: "info",
    write: (line) => void lines.push(line),
    now: () => new Date(0),
  });
  log.debug("dropped");
  log.warn('a "quote"\nand a line');
  assertEquals(lines, ['{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"a \\"quote\\"\\nand a line"}\n']);
});

Deno.test("hubLogger() writes lines for people", () => {
  const lines: string[] = [];
  hubLogger({ format: "text", level: "info", write: (line) => void lines.push(line) }).info("hello");
  assertMatch(lines.join(""), /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d INFO {2}hello\n$/);
});
