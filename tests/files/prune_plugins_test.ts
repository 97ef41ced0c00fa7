import { assertEquals, assertMatch } from "@std/assert";
import { prunePlugins, type SocketProbe } from "../../lib/files/prune_plugins.ts";
import { tempDir } from "../helpers/temp.ts";
import { isThere } from "../../lib/system/private_files.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOW = Date.UTC(2026, 10, 21);
const [OLD, YOUNG, LIVE] = ["0123456789abcdef", "1123456789abcdef", "2123456789abcdef"];

/** Makes a plugin that was changed some days ago. */
async function plugin(directory: string, name: string, days: number): Promise<void> {
  const path = `${directory}/${name}`;
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(`${path}/file`, "");
  await Deno.writeTextFile(`${path}/.synced`, "");
  for (const each of [`${path}/.synced`, path]) await age(each, days);
}

async function age(path: string, days: number): Promise<void> {
  const at = (NOW - days * DAY_MS) / 1000;
  await Deno.utime(path, at, at);
}

async function installation(): Promise<{ base: string } & AsyncDisposable> {
  const directory = await tempDir();
  const base = directory.path;
  await Deno.mkdir(`${base}/run/me`, { recursive: true });
  return { base, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

const silent = (): Promise<SocketProbe> => Promise.resolve({ kind: "silent" });

function prune(base: string, more: Partial<Parameters<typeof prunePlugins>[0]> = {}) {
  return prunePlugins({
    socket: `${base}/run/me/rpc.sock`,
    minAgeDays: 0,
    runningArgs: () => [],
    home: undefined,
    now: NOW,
    probe: silent,
    ...more,
  });
}

Deno.test("prunePlugins() removes what is old and not in use, and counts the rest", async () => {
  await using at = await installation();
  const root = `${at.base}/plugins/me`;
  for (const [name, days] of [[OLD, 8], [YOUNG, 6], [LIVE, 8]] as const) await plugin(root, name, days);
  await plugin(at.base + "/plugins", OLD, 8);
  const report = await prune(at.base, { runningArgs: () => ["--plugin-dir", `/x/${LIVE}/y`] });
  assertEquals(report, {
    root,
    pruned: [OLD],
    prunedLegacy: [OLD],
    staleArchives: 0,
    kept: 0,
    live: 1,
    young: 1,
    legacy: "swept",
    minAgeDays: 7,
  });
  assertEquals(Object.keys(report).join(), "root,pruned,prunedLegacy,staleArchives,kept,live,young,legacy,minAgeDays");
  assertEquals(await isThere(`${root}/${OLD}`), false);
  assertEquals([await isThere(`${root}/${YOUNG}`), await isThere(`${root}/${LIVE}`)], [true, true]);
});

for (const [days, used] of [[-5, 7], [3, 7], [30, 30], [1e9, 3_650]] as const) {
  Deno.test(`prunePlugins() spares what is younger than ${used} days when asked for ${days}`, async () => {
    await using at = await installation();
    const root = `${at.base}/plugins/me`;
    await plugin(root, OLD, used);
    await plugin(root, YOUNG, used - 0.5);
    const { minAgeDays, pruned, young } = await prune(at.base, { minAgeDays: days });
    assertEquals({ minAgeDays, pruned, young }, { minAgeDays: used, pruned: [OLD], young: 1 });
  });
}

Deno.test("prunePlugins() spares a plugin when a process that uses it is started in the meantime", async () => {
  await using at = await installation();
  await plugin(`${at.base}/plugins/me`, OLD, 8);
  let asked = 0;
  const report = await prune(at.base, { runningArgs: () => asked++ === 0 ? [] : [`--plugin-dir=/x/${OLD}`] });
  assertEquals([report.pruned, report.live, await isThere(`${at.base}/plugins/me/${OLD}`)], [[], 1, true]);
});

Deno.test("prunePlugins() spares a plugin that was completed lately", async () => {
  await using at = await installation();
  const root = `${at.base}/plugins/me`;
  await plugin(root, OLD, 30);
  await age(`${root}/${OLD}/.synced`, 1);
  assertEquals((await prune(at.base)).young, 1);
});

Deno.test("prunePlugins() touches only directories with the name of a hash", async () => {
  await using at = await installation();
  const [root, elsewhere] = [`${at.base}/plugins/me`, `${at.base}/elsewhere`];
  await plugin(elsewhere, OLD, 30);
  for (const name of ["0123456789ABCDEF", "0123456789abcde", "0123456789abcdef0", "name"]) await plugin(root, name, 30);
  await Deno.symlink(`${elsewhere}/${OLD}`, `${root}/${OLD}`);
  await Deno.writeTextFile(`${root}/${LIVE}`, "");
  await age(`${root}/${LIVE}`, 30);
  const before = [...Deno.readDirSync(root)].length;
  assertEquals((await prune(at.base)).pruned, []);
  assertEquals([...Deno.readDirSync(root)].length, before);
  assertEquals(await isThere(`${elsewhere}/${OLD}/file`), true);
});

Deno.test("prunePlugins() follows no link inside a plugin that it removes", async () => {
  await using at = await installation();
  const [root, elsewhere] = [`${at.base}/plugins/me`, `${at.base}/elsewhere`];
  await plugin(elsewhere, OLD, 30);
  await plugin(root, OLD, 30);
  await Deno.symlink(elsewhere, `${root}/${OLD}/link`);
  await age(`${root}/${OLD}`, 30);
  assertEquals((await prune(at.base)).pruned, [OLD]);
  assertEquals(await isThere(`${elsewhere}/${OLD}/file`), true);
});

for (const part of ["plugins", "plugins/me"]) {
  Deno.test(`prunePlugins() refuses ${part} as a symlink`, async () => {
    await using at = await installation();
    const elsewhere = `${at.base}/elsewhere`;
    await plugin(elsewhere, OLD, 30);
    await plugin(`${elsewhere}/me`, OLD, 30);
    if (part === "plugins/me") await Deno.mkdir(`${at.base}/plugins`);
    await Deno.symlink(elsewhere, `${at.base}/${part}`);
    const { pruned, prunedLegacy, errors } = await prune(at.base);
    assertEquals({ pruned, prunedLegacy }, { pruned: [], prunedLegacy: [] });
    assertEquals(errors, [`${at.base}/${part} is a symbolic link, and is left alone`]);
    assertEquals(await isThere(`${elsewhere}/${OLD}/file`), true);
  });
}

Deno.test("prunePlugins() never removes the home directory, nor another installation", async () => {
  await using at = await installation();
  const shared = `${at.base}/plugins`;
  await plugin(shared, OLD, 30);
  await plugin(shared, LIVE, 30);
  await Deno.mkdir(`${at.base}/run/${LIVE}`);
  const { prunedLegacy, errors } = await prune(at.base, { home: `${shared}/${OLD}/home` });
  assertEquals(prunedLegacy, []);
  assertMatch(errors?.join() ?? "", /is or contains the home directory$/);
  assertEquals(await isThere(`${shared}/${LIVE}/file`), true);
});

for (
  const [probe, detail] of [
    [{ kind: "answers" }, "run/other/rpc.sock answers"],
    [{ kind: "unknown", reason: "permission denied" }, "cannot rule out run/other/rpc.sock: permission denied"],
  ] as const
) {
  Deno.test(`prunePlugins() leaves the shared directory alone when another daemon ${probe.kind}`, async () => {
    await using at = await installation();
    await plugin(`${at.base}/plugins`, OLD, 30);
    await plugin(`${at.base}/plugins/me`, OLD, 30);
    await Deno.mkdir(`${at.base}/run/other`);
    await Deno.writeTextFile(`${at.base}/run/other/rpc.sock`, "");
    const { pruned, prunedLegacy, legacy } = await prune(at.base, { probe: () => Promise.resolve(probe) });
    assertEquals({ pruned, prunedLegacy }, { pruned: [OLD], prunedLegacy: [] });
    const why = `another install's daemon is running (${detail}); its sessions may use the shared legacy dirs`;
    assertEquals(legacy, `skipped: ${why}`);
  });
}

Deno.test("prunePlugins() says that there is nothing, and that a socket is elsewhere", async () => {
  await using at = await installation();
  const { legacy, pruned } = await prune(at.base);
  assertEquals({ legacy, pruned }, { legacy: "absent", pruned: [] });
  const skipped = "this daemon's socket is not under run/<clientId>/, so it has no per-install plugin root to prune";
  const elsewhere = await prune(at.base, { socket: `${at.base}/rpc.sock` });
  assertEquals(elsewhere, { ...elsewhere, root: "", minAgeDays: 0, skipped, legacy: `skipped: ${skipped}` });
});
