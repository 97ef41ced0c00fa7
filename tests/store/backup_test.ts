import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { backUpStore, restoreStore, sessionIdsIn } from "../../lib/store/backup.ts";
import { inspectStore } from "../../lib/store/integrity.ts";
import { MIGRATIONS, openMigrated } from "../../lib/store/migrations.ts";
import { Store } from "../../lib/store/store.ts";
import { StoreError, type StoreErrorReason } from "../../lib/store/store_error.ts";
import { canMount, smallDisk } from "../helpers/small_disk.ts";
import { tempDir } from "../helpers/temp.ts";
import { newEvent, sessionRow } from "./rows.ts";

const APPENDER = new URL("./appender.ts", import.meta.url).pathname;
const NEWEST = MIGRATIONS.length;
const NO_DATABASE = "Dear diary, ".repeat(500);

/** Makes a store with a session, some events, an API token and a sign-in. */
function makeStore(path: string, session = "a", events = 3): void {
  using store = Store.open(path);
  store.sessions.insert(sessionRow(session));
  for (let seq = 1; seq <= events; seq++) store.events.append(newEvent(session, seq));
  store.tokens.insert({ id: "t", name: "phone", hash: "h", isReadOnly: false, createdAt: 1 });
  store.signIns.insert({
    id: "s",
    cookieHash: "c",
    pageKeyHash: "p",
    user: "me",
    way: "link",
    token: undefined,
    isViewer: false,
    address: "",
    agent: "",
    createdAt: 1,
    usedAt: 1,
    expiresAt: Number.MAX_SAFE_INTEGER,
  });
  store.deliveries.insert({ webhook: "w", event: "e", body: "{}", at: 1, nextAt: 1 });
}

async function refusal(work: Promise<unknown>, reason: StoreErrorReason): Promise<string> {
  const error = await assertRejects(() => work, StoreError);
  assertEquals(error.reason, reason, error.message);
  return error.message;
}

/** The names and modes of the files in a directory. */
function files(path: string): Record<string, string> {
  const entries = [...Deno.readDirSync(path)].map(({ name }) =>
    [name, (Deno.statSync(`${path}/${name}`).mode! & 0o777).toString(8)] as const
  );
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}

Deno.test("backUpStore() copies a store that is open into one private file", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  makeStore(path);
  await Deno.mkdir(`${dir.path}/to`);
  using store = Store.open(path);
  store.events.append(newEvent("a", 4));
  const { bytes, version } = await backUpStore(path, `${dir.path}/to/copy.db`, false);
  store.events.append(newEvent("a", 5));
  assertEquals(version, NEWEST);
  assertEquals(files(`${dir.path}/to`), { "copy.db": "600" });
  assertEquals(Deno.statSync(`${dir.path}/to/copy.db`).size, bytes);
  using copy = Store.open(`${dir.path}/to/copy.db`);
  assertEquals([copy.events.lastId, copy.tokens.list().length, store.events.lastId], [4, 1, 5]);
});

Deno.test("backUpStore() copies whole transactions while another program writes", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  {
    using store = Store.open(path);
    store.sessions.insert(sessionRow("a"));
  }
  const args = ["run", "-A", "--no-check", APPENDER, path, "7"];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const output = child.stdout.getReader();
  try {
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 20; i++) await output.read();
      await backUpStore(path, `${dir.path}/copy.db`, true);
      using copy = Store.open(`${dir.path}/copy.db`);
      const last = copy.events.get(copy.events.lastId)!;
      const { i, of } = JSON.parse(last.payload);
      assertEquals([i, last.seq], [of, last.id]);
      assertEquals(copy.events.search({ query: `seq${last.seq}`, limit: 5 }).map(({ id }) => id), [last.id]);
    }
  } finally {
    child.kill("SIGKILL");
    await output.cancel();
    await child.status;
  }
});

Deno.test("backUpStore() copies what a killed program has left in the log", async () => {
  await using dir = await tempDir();
  const [path, left] = [`${dir.path}/hub.db`, `${dir.path}/left.db`];
  makeStore(path);
  {
    using store = Store.open(path);
    store.events.append(newEvent("a", 4));
    for (const suffix of ["", "-wal"]) Deno.copyFileSync(path + suffix, left + suffix);
  }
  await backUpStore(left, `${dir.path}/copy.db`, false);
  using copy = Store.open(`${dir.path}/copy.db`);
  assertEquals(copy.events.lastId, 4);
});

Deno.test("backUpStore() replaces a file only if it may", async () => {
  await using dir = await tempDir();
  const [path, target] = [`${dir.path}/hub.db`, `${dir.path}/copy.db`];
  makeStore(path);
  await Deno.writeTextFile(target, "precious");
  assertStringIncludes(await refusal(backUpStore(path, target, false), "conflict"), "--force replaces it");
  assertEquals(await Deno.readTextFile(target), "precious");
  await backUpStore(path, target, true);
  assertEquals(inspectStore(target), { version: NEWEST, damage: [] });
  assertEquals(files(dir.path), { "copy.db": "600", "hub.db": "600" });
});

Deno.test("backUpStore() refuses what is no store, and leaves no file behind", async () => {
  await using dir = await tempDir();
  const target = `${dir.path}/copy.db`;
  assertEquals(
    await refusal(backUpStore(`${dir.path}/absent`, target, false), "unreadable"),
    `${dir.path}/absent does not exist`,
  );
  assertEquals(
    await refusal(backUpStore(dir.path, target, false), "unreadable"),
    `${dir.path} is not a regular file`,
  );
  await Deno.writeTextFile(`${dir.path}/text`, NO_DATABASE);
  await refusal(backUpStore(`${dir.path}/text`, target, false), "foreign");
  {
    using other = new DatabaseSync(`${dir.path}/other.db`);
    other.exec("CREATE TABLE a (b); PRAGMA application_id = 7");
  }
  await refusal(backUpStore(`${dir.path}/other.db`, target, false), "foreign");
  await refusal(backUpStore(`${dir.path}/other.db`, "/nonexistent/copy.db", false), "unreadable");
  assertEquals(Object.keys(files(dir.path)), ["other.db", "text"]);
});

Deno.test("backUpStore() refuses a damaged store, and leaves no file behind", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  makeStore(path, "a", 500);
  {
    using database = new DatabaseSync(path);
    database.exec("PRAGMA ignore_check_constraints = 1; INSERT INTO prompts VALUES ('p', 1, 1, '', 'unheard of')");
  }
  const unfit = await refusal(backUpStore(path, `${dir.path}/copy.db`, false), "corrupt");
  assertEquals(unfit, `${path} is damaged: CHECK constraint failed in prompts: restore an earlier backup`);
  {
    using file = await Deno.open(path, { write: true });
    await file.seek(4 * 4096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(8 * 4096).fill(7));
  }
  const malformed = await refusal(backUpStore(path, `${dir.path}/copy.db`, false), "corrupt");
  assertStringIncludes(malformed, `${path}: the file is damaged`);
  assertEquals(Object.keys(files(dir.path)), ["hub.db"]);
});

Deno.test(
  "backUpStore() says that the disk is full, and leaves no file behind",
  { ignore: !await canMount() },
  async () => {
    await using dir = await tempDir();
    await using disk = await smallDisk(64);
    const path = `${dir.path}/hub.db`;
    makeStore(path, "a", 500);
    const message = await refusal(backUpStore(path, `${disk.path}/copy.db`, false), "full");
    assertStringIncludes(message, `${disk.path}/copy.db`);
    assertEquals(files(disk.path), {});
  },
);

Deno.test("restoreStore() replaces a store, keeps the former one, and ends sign-ins and deliveries", async () => {
  await using dir = await tempDir();
  const [path, file, former] = [`${dir.path}/hub.db`, `${dir.path}/copy.db`, `${dir.path}/hub.db.former`];
  makeStore(path, "a");
  await backUpStore(path, file, false);
  await Deno.remove(path);
  makeStore(path, "b", 9);
  const facts = await restoreStore(file, path, former);
  assertEquals(facts, { version: NEWEST, sessions: 1, tokens: ["phone"], former });
  assertEquals(files(dir.path), { "copy.db": "600", "hub.db": "600", "hub.db.former": "600" });
  assertEquals([sessionIdsIn(path), sessionIdsIn(former)], [["a"], ["b"]]);
  using store = Store.open(path);
  assertEquals([store.events.get(3)?.seq, store.signIns.list(1), store.deliveries.count()], [3, [], 0]);
  using backup = Store.open(file);
  assertEquals(backup.signIns.list(1).length, 1);
});

Deno.test("restoreStore() gives new events ids that the former store has not given", async () => {
  await using dir = await tempDir();
  const [path, file] = [`${dir.path}/hub.db`, `${dir.path}/copy.db`];
  makeStore(file, "a");
  makeStore(path, "b", 9);
  await restoreStore(file, path, `${dir.path}/former`);
  {
    using store = Store.open(path);
    assertEquals([store.events.lastId, store.events.append(newEvent("a", 4))], [9, 10]);
  }
  // An older backup does not take ids back, and a backup without events gets some.
  await restoreStore(file, path, `${dir.path}/former2`);
  makeStore(`${dir.path}/empty.db`, "c", 0);
  await restoreStore(`${dir.path}/empty.db`, path, `${dir.path}/former3`);
  using store = Store.open(path);
  assertEquals(store.events.append(newEvent("c", 1)), 11);
});

Deno.test("restoreStore() makes another hub of it, which has published nothing", async () => {
  await using dir = await tempDir();
  const [path, file] = [`${dir.path}/hub.db`, `${dir.path}/copy.db`];
  makeStore(file);
  let former: string;
  {
    using store = Store.open(file);
    former = store.outbox.hubId();
    store.outbox.setCursor("stream", 2);
  }
  await restoreStore(file, path, `${dir.path}/former`);
  using store = Store.open(path);
  assertEquals([store.outbox.cursor("stream"), store.outbox.hubId() === former], [0, false]);
});

Deno.test("restoreStore() changes what it restores, or restores nothing", async () => {
  await using dir = await tempDir();
  const [path, file] = [`${dir.path}/hub.db`, `${dir.path}/copy.db`];
  makeStore(file);
  const fail = () => {
    throw new TypeError("no");
  };
  await assertRejects(() => restoreStore(file, path, `${dir.path}/former`, fail), TypeError, "no");
  assertEquals(Object.keys(files(dir.path)), ["copy.db"]);
  await restoreStore(file, path, `${dir.path}/former`, (store) => store.sessions.delete("a"));
  assertEquals(sessionIdsIn(path), []);
});

Deno.test("restoreStore() makes a store where there was none", async () => {
  await using dir = await tempDir();
  makeStore(`${dir.path}/copy.db`);
  const facts = await restoreStore(`${dir.path}/copy.db`, `${dir.path}/hub.db`, `${dir.path}/former`);
  assertEquals(facts.former, undefined);
  assertEquals(files(dir.path), { "copy.db": "600", "hub.db": "600" });
});

Deno.test("restoreStore() keeps what was in the log of the former store, and what cannot be opened as it is", async () => {
  await using dir = await tempDir();
  const [path, file, former] = [`${dir.path}/hub.db`, `${dir.path}/copy.db`, `${dir.path}/former`];
  makeStore(file);
  {
    using store = Store.open(`${dir.path}/live.db`);
    store.sessions.insert(sessionRow("b"));
    for (const suffix of ["", "-wal"]) Deno.copyFileSync(`${dir.path}/live.db${suffix}`, path + suffix);
  }
  await restoreStore(file, path, former);
  assertEquals([sessionIdsIn(path), sessionIdsIn(former)], [["a"], ["b"]]);
  await Deno.writeTextFile(path, NO_DATABASE);
  await restoreStore(file, path, `${former}2`);
  assertEquals(sessionIdsIn(path), ["a"]);
  assertEquals(await Deno.readTextFile(`${former}2`), NO_DATABASE);
});

Deno.test("restoreStore() migrates a backup of an older version, and refuses one of a newer version", async () => {
  await using dir = await tempDir();
  const [path, older, newer] = [`${dir.path}/hub.db`, `${dir.path}/older.db`, `${dir.path}/newer.db`];
  {
    using database = openMigrated(older, MIGRATIONS.slice(0, 1));
    assertEquals(database.version, 1);
  }
  assertEquals((await restoreStore(older, path, `${dir.path}/former`)).version, 1);
  assertEquals(inspectStore(path).version, NEWEST);
  openMigrated(newer, [...MIGRATIONS, (database) => database.exec("CREATE TABLE future (a)")]).close();
  const message = await refusal(restoreStore(newer, path, `${dir.path}/former`), "version");
  assertStringIncludes(message, `${newer}: the database is of version ${NEWEST + 1}`);
  assertStringIncludes(message, "use the newer claustrum");
  assertEquals(inspectStore(path).version, NEWEST);
  assert(!Object.keys(files(dir.path)).includes("former"));
  assertEquals(Object.keys(files(dir.path)), ["hub.db", "newer.db", "older.db"]);
});

Deno.test("restoreStore() leaves the store as it is when the backup is damaged", async () => {
  await using dir = await tempDir();
  const [path, file] = [`${dir.path}/hub.db`, `${dir.path}/copy.db`];
  makeStore(path, "a");
  await Deno.writeTextFile(file, "x".repeat(5_000));
  await refusal(restoreStore(file, path, `${dir.path}/former`), "foreign");
  assertEquals([sessionIdsIn(path), Object.keys(files(dir.path))], [["a"], ["copy.db", "hub.db"]]);
});
