import { assertEquals, assertStringIncludes } from "@std/assert";
import { type HubConfig, resolveHubConfig } from "../../../lib/hub/config.ts";
import {
  checkConfig,
  checkDatabase,
  checkDirectory,
  checkProjects,
  checkToken,
  checkWeb,
} from "../../../lib/hub/doctor/file_checks.ts";
import { hubPaths } from "../../../lib/hub/hub_paths.ts";
import { MIGRATIONS, openMigrated } from "../../../lib/store/migrations.ts";
import { Store } from "../../../lib/store/store.ts";
import { canMount, smallDisk } from "../../helpers/small_disk.ts";
import { tempDir } from "../../helpers/temp.ts";

/** Resolves a configuration with this content. */
async function configOf(content: string): Promise<HubConfig> {
  await using dir = await tempDir();
  const file = `${dir.path}/hub.toml`;
  await Deno.writeTextFile(file, content);
  return (await resolveHubConfig({ file, env: new Map() })).config;
}

const PASSWORD = `auth.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}"\n`;

Deno.test("checkDirectory() accepts a directory of this user alone, or none", async () => {
  await using dir = await tempDir();
  assertEquals((await checkDirectory(hubPaths({ stateDir: dir.path }))).status, "ok");
  assertEquals((await checkDirectory(hubPaths({ stateDir: `${dir.path}/absent` }))).status, "ok");
});

Deno.test("checkDirectory() says what to do about a directory that others can write, and about a file", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(`${dir.path}/open`);
  await Deno.chmod(`${dir.path}/open`, 0o777);
  const open = await checkDirectory(hubPaths({ stateDir: `${dir.path}/open` }));
  assertEquals(open.status, "error");
  assertStringIncludes(open.message, `${dir.path}/open is writable by others: choose another --state-dir`);
  await Deno.writeTextFile(`${dir.path}/file`, "");
  const file = await checkDirectory(hubPaths({ stateDir: `${dir.path}/file` }));
  assertEquals([file.status, file.advice], ["error", "choose another --state-dir"]);
});

for (
  const [check, file] of [[checkDatabase, "hub.db"], [checkToken, "hub.token"]] as const
) {
  Deno.test(`${check.name}() says how to hide a file that others can read`, async () => {
    await using dir = await tempDir();
    const paths = hubPaths({ stateDir: dir.path });
    const path = `${dir.path}/${file}`;
    assertEquals((await check(paths)).status, "ok");
    await Deno.writeTextFile(path, "", { mode: 0o600 });
    assertEquals((await check(paths)).status, "ok");
    await Deno.chmod(path, 0o644);
    const { status, message, advice } = await check(paths);
    assertEquals([status, message, advice], ["error", `other users can read ${path}`, `run chmod 600 ${path}`]);
    await Deno.remove(path);
    await Deno.mkdir(path);
    assertEquals((await check(paths)).message, `${path} is not a regular file`);
  });
}

Deno.test("checkDatabase() tells the size with that of the log", async () => {
  await using dir = await tempDir();
  for (const name of ["hub.db", "hub.db-wal"]) {
    await Deno.writeFile(`${dir.path}/${name}`, new Uint8Array(1 << 20), { mode: 0o600 });
  }
  assertEquals((await checkDatabase(hubPaths({ stateDir: dir.path }), true)).message, `${dir.path}/hub.db, 2.0 MiB`);
});

Deno.test("checkDatabase() says why a database cannot be opened, without opening it", async () => {
  await using dir = await tempDir();
  const paths = hubPaths({ stateDir: dir.path });
  Store.open(paths.database).close();
  assertEquals((await checkDatabase(paths)).status, "ok");
  openMigrated(paths.database, [...MIGRATIONS, () => {}]).close();
  const newer = await checkDatabase(paths);
  assertEquals(newer.status, "error");
  assertStringIncludes(newer.message, `${paths.database}: the database is of version ${MIGRATIONS.length + 1}`);
  await Deno.chmod(paths.database, 0o400);
  const { message, advice } = await checkDatabase(paths);
  assertEquals(message, `${paths.database} is not readable and writable for you`);
  assertEquals(advice, `run chmod 600 ${paths.database}`);
  await Deno.chmod(paths.database, 0o600);
  for (const text of ["Dear diary", "Dear diary, ".repeat(500)]) {
    await Deno.writeTextFile(paths.database, text);
    assertStringIncludes((await checkDatabase(paths)).message, "this database belongs to another program");
  }
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name).sort(), [
    "hub.db",
    `hub.db.v${MIGRATIONS.length}`,
  ]);
});

Deno.test(
  "checkDirectory() says that the disk is full, and leaves no file behind",
  { ignore: !await canMount() },
  async () => {
    await using disk = await smallDisk(256);
    const paths = hubPaths({ stateDir: disk.path });
    assertEquals((await checkDirectory(paths)).status, "ok");
    await disk.fill();
    const { status, message, advice } = await checkDirectory(paths);
    assertEquals([status, message], [
      "error",
      `nothing can be written into ${disk.path}: no space left on device`,
    ]);
    assertStringIncludes(advice!, "free some space");
    assertEquals([...Deno.readDirSync(disk.path)].map(({ name }) => name), ["filler"]);
  },
);

Deno.test("checkConfig() tells what is ignored, and that the file has changed since the hub started", async () => {
  await using dir = await tempDir();
  const file = `${dir.path}/hub.toml`;
  const facts = { file, warnings: [], readAt: undefined };
  assertEquals((await checkConfig(facts)).message, "the defaults: claustrum hub config --example prints a file");
  await Deno.writeTextFile(file, "");
  const changedAt = (await Deno.stat(file)).mtime!.getTime();
  assertEquals(await checkConfig({ ...facts, readAt: changedAt + 1 }), {
    name: "configuration",
    status: "ok",
    message: file,
  });
  const changed = await checkConfig({ ...facts, readAt: changedAt - 1 });
  assertEquals([changed.status, changed.message], ["warning", `${file} has changed since the hub started`]);
  const ignored = await checkConfig({ ...facts, warnings: ["a is not a key", "b is not a key"] });
  assertEquals([ignored.status, ignored.message], ["warning", "a is not a key; b is not a key"]);
});

for (
  const [content, status, message] of [
    ['listen = ""', "ok", "none"],
    ["", "ok", "127.0.0.1:7621, sign in by token or link"],
    [PASSWORD, "ok", "127.0.0.1:7621, sign in by token or link, password"],
    [
      "auth.disabled = true",
      "warning",
      "127.0.0.1:7621, without signing in: any program of this machine can run commands as you",
    ],
    [
      `listen = "0.0.0.0:80"\n${PASSWORD}`,
      "warning",
      "0.0.0.0:80, sign in by token or link, password: passwords and tokens cross the network in the clear",
    ],
    [
      `listen = "0.0.0.0:80"\n${PASSWORD}tls = { cert_file = "/c", key_file = "/k" }`,
      "ok",
      "0.0.0.0:80, sign in by token or link, password, over https",
    ],
  ] as const
) {
  Deno.test(`checkWeb() finds ${status} with ${JSON.stringify(content)}`, async () => {
    const check = checkWeb(await configOf(content), undefined);
    assertEquals([check.status, check.message, check.advice === undefined], [status, message, status === "ok"]);
  });
}

Deno.test("checkWeb() refuses what the hub refuses, and shows the address of a hub that runs", async () => {
  const refused = checkWeb(await configOf('listen = "0.0.0.0:80"'), undefined);
  assertEquals(refused.status, "error");
  assertStringIncludes(refused.message, "without a way to sign in: set auth.password_hash");
  assertEquals(checkWeb(await configOf(""), "http://127.0.0.1:5").message.split(",")[0], "http://127.0.0.1:5");
});

Deno.test("checkProjects() looks for the directory of the projects, if there is to be one", async () => {
  await using dir = await tempDir();
  assertEquals(
    (await checkProjects(await configOf(""))).message,
    "none: projects.root in hub.toml names their directory",
  );
  const at = async (root: string) => (await checkProjects(await configOf(`projects.root = "${root}"`))).status;
  assertEquals([await at(dir.path), await at(`${dir.path}/absent`)], ["ok", "error"]);
});
