import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type Migration, MIGRATIONS, openMigrated } from "../../lib/store/migrations.ts";
import { Store } from "../../lib/store/store.ts";
import { StoreError, type StoreErrorReason } from "../../lib/store/store_error.ts";
import { tempDir } from "../helpers/temp.ts";
import { newEvent, sessionRow } from "./rows.ts";

function assertRefused(path: string, reason: StoreErrorReason, ...parts: readonly string[]): void {
  const error = assertThrows(() => Store.open(path), StoreError);
  assertEquals(error.reason, reason, error.message);
  for (const part of [path, ...parts]) assertStringIncludes(error.message, part);
}

/** The modes of the files of a directory. */
function modes(path: string): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(path)].map(({ name }) => [name, (Deno.statSync(`${path}/${name}`).mode! & 0o777).toString(8)]),
  );
}

const NEXT: Migration = (database) => database.exec("ALTER TABLE sessions ADD COLUMN extra TEXT");
const FAILING: Migration = (database) => {
  database.exec("DROP TABLE rules");
  throw new Error("cannot migrate");
};

function makeOld(path: string): void {
  using store = Store.open(path);
  store.sessions.insert(sessionRow("a"));
  store.events.append(newEvent("a", 1, { text: "word" }));
}

Deno.test("open() makes files that only their owner can read", async () => {
  await using dir = await tempDir();
  using _store = Store.open(`${dir.path}/hub.db`);
  assertEquals(modes(dir.path), { "hub.db": "600", "hub.db-shm": "600", "hub.db-wal": "600" });
});

Deno.test("open() takes others' access to a file away", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  Store.open(path).close();
  Deno.chmodSync(path, 0o644);
  Store.open(path).close();
  assertEquals(modes(dir.path), { "hub.db": "600" });
});

Deno.test("open() refuses a file that is no database, and leaves it as it is", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  const text = "Dear diary, ".repeat(500);
  await Deno.writeTextFile(path, text);
  assertRefused(path, "foreign", "move the file away");
  assertEquals(await Deno.readTextFile(path), text);
});

Deno.test("open() refuses a database of another program, and leaves it as it is", async () => {
  await using dir = await tempDir();
  for (const setup of ["PRAGMA application_id = 7", "CREATE TABLE sessions (id)"]) {
    const path = `${dir.path}/${setup.length}.db`;
    const database = new DatabaseSync(path);
    database.exec(setup);
    database.close();
    const before = await Deno.readFile(path);
    assertRefused(path, "foreign", "belongs to another program");
    assertEquals(await Deno.readFile(path), before);
  }
});

Deno.test("open() refuses a damaged file", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  makeOld(path);
  const bytes = await Deno.readFile(path);
  bytes.fill(0x5a, 100, 4_096);
  await Deno.writeFile(path, bytes);
  assertRefused(path, "corrupt", "restore a backup");
});

Deno.test("open() names the file when it or its directory is not there or is something else", async () => {
  await using dir = await tempDir();
  assertRefused(`${dir.path}/none/hub.db`, "unreadable", "no such file or directory");
  await Deno.mkdir(`${dir.path}/hub.db`);
  assertRefused(`${dir.path}/hub.db`, "unreadable");
});

Deno.test("open() refuses a database that another program holds", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  makeOld(path);
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  assertRefused(path, "locked", "another program holds the database");
  other.exec("ROLLBACK");
  other.close();
  Store.open(path).close();
});

Deno.test("open() refuses a database of a newer version, and leaves it as it is", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  openMigrated(path, [...MIGRATIONS, NEXT]).close();
  const before = await Deno.readFile(path);
  assertRefused(path, "version", `version ${MIGRATIONS.length + 1}`, `up to ${MIGRATIONS.length}`);
  assertEquals(await Deno.readFile(path), before);
});

Deno.test("openMigrated() migrates an older version and keeps a copy beside it", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  makeOld(path);
  const old = MIGRATIONS.length;
  {
    using database = openMigrated(path, [...MIGRATIONS, NEXT]);
    assertEquals(database.version, old + 1);
    assertEquals(
      database.get("SELECT id, extra FROM sessions"),
      Object.assign(Object.create(null), { id: "a", extra: null }),
    );
  }
  assertEquals(modes(dir.path), { "hub.db": "600", [`hub.db.v${old}`]: "600" });
  using copy = Store.open(`${path}.v${old}`);
  assertEquals(copy.events.search({ query: "word", limit: 1 }).length, 1);
});

Deno.test("openMigrated() leaves the file as it was when a migration fails", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  makeOld(path);
  for (let i = 0; i < 2; i++) {
    assertThrows(() => openMigrated(path, [...MIGRATIONS, NEXT, FAILING]), Error, "cannot migrate");
    using store = Store.open(path);
    assertEquals(store.rules.of("a"), []);
    assertEquals(store.events.lastId, 1);
  }
});

Deno.test("openMigrated() does not migrate what another program has open", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  makeOld(path);
  using _open = Store.open(path);
  const error = assertThrows(() => openMigrated(path, [...MIGRATIONS, NEXT]), StoreError);
  assertEquals(error.reason, "locked");
  assertEquals(Object.keys(modes(dir.path)).filter((name) => name.includes(".v")), []);
});

Deno.test("open() needs no permission but reading and writing the directory", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  const program = `
    import { Store } from ${JSON.stringify(import.meta.resolve("../../lib/store/store.ts"))};
    import { MIGRATIONS, openMigrated } from ${JSON.stringify(import.meta.resolve("../../lib/store/migrations.ts"))};
    const store = Store.open(${JSON.stringify(path)});
    store.sessions.insert({ id: "a", name: "a", path: "/", status: "idle", created_at: 1, updated_at: 1, data: "{}" });
    store.events.append({ session: "a", seq: 1, at: 1, type: "x", payload: "{}", text: "word" });
    console.log(store.events.search({ query: "word", limit: 1 }).length);
    console.log(store.events.prune({ before: 2, maxBytes: 0, spare: () => false }), store.events.reclaim());
    store.close();
    openMigrated(${JSON.stringify(path)}, [...MIGRATIONS, () => {}]).close();
  `;
  const script = `${dir.path}/script.ts`;
  await Deno.writeTextFile(script, program);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", `--allow-read=${dir.path}`, `--allow-write=${dir.path}`, script],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  assertEquals(decoder.decode(stdout), "1\n1 false\n");
  assert(modes(dir.path)[`hub.db.v${MIGRATIONS.length}`] === "600");
});
