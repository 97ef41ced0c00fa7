import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { isTrusted, keepTrusted, trust } from "../../lib/claude_home/trust.ts";
import { TrustError } from "../../lib/claude_home/trust_error.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";
import { trustRounds } from "./trust_rounds.ts";

/** A home with a project, and with this in `.claude.json`. */
async function homeWith(text?: string) {
  const dir = await tempDir();
  const config = `${dir.path}/.claude.json`;
  const project = `${dir.path}/project`;
  await Deno.mkdir(`${project}/inner`, { recursive: true });
  if (text !== undefined) await Deno.writeTextFile(config, text.replaceAll("HOME", dir.path), { mode: 0o600 });
  return {
    home: dir.path,
    config,
    project,
    read: () => Deno.readTextFile(config),
    names: () => [...Deno.readDirSync(dir.path)].map(({ name }) => name).sort(),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

const trusting = (path: string) => JSON.stringify({ projects: { [path]: { hasTrustDialogAccepted: true } } });

Deno.test("isTrusted() is false when nothing is recorded", async () => {
  for (const text of [undefined, "{}", '{"projects":[]}', '{"projects":{"HOME/project":{}}}']) {
    await using place = await homeWith(text);
    assertEquals(await isTrusted(place.home, place.project), false);
  }
  for (const value of ["false", '"true"', "1", "null"]) {
    await using place = await homeWith(`{"projects":{"HOME/project":{"hasTrustDialogAccepted":${value}}}}`);
    assertEquals(await isTrusted(place.home, place.project), false, value);
  }
});

Deno.test("isTrusted() counts the trust in a directory above", async () => {
  await using place = await homeWith(trusting("HOME/project"));
  assertEquals(await isTrusted(place.home, place.project), true);
  assertEquals(await isTrusted(place.home, `${place.project}/inner/not/there`), true);
  assertEquals(await isTrusted(place.home, `${place.project}-2`), false);
  assertEquals(await isTrusted(place.home, place.home), false);
});

Deno.test("isTrusted() counts the trust in the root", async () => {
  await using place = await homeWith(trusting("/"));
  assertEquals(await isTrusted(place.home, place.project), true);
});

Deno.test("isTrusted() lets no trust into a git repository from outside", async () => {
  await using place = await homeWith(trusting("HOME"));
  await Deno.mkdir(`${place.project}/.git`);
  assertEquals(await isTrusted(place.home, `${place.project}/inner`), false);
  await trust(place.home, place.project);
  assertEquals(await isTrusted(place.home, `${place.project}/inner`), true);
});

Deno.test("isTrusted() goes by the path without symlinks", async () => {
  await using place = await homeWith(trusting("HOME/project"));
  await Deno.symlink(place.project, `${place.home}/link`);
  assertEquals(await isTrusted(place.home, `${place.home}/link`), true);
  await Deno.mkdir(`${place.home}/elsewhere`);
  await Deno.symlink(`${place.home}/elsewhere`, `${place.project}/out`);
  assertEquals(await isTrusted(place.home, `${place.project}/out`), false);
});

Deno.test("isTrusted() fails when the file cannot be parsed", async () => {
  await using place = await homeWith('{"projects":');
  await assertRejects(() => isTrusted(place.home, place.project), TrustError, "is not valid JSON");
});

Deno.test("trust() creates the file when there is none, for the owner only", async () => {
  await using place = await homeWith();
  await trust(place.home, place.project);
  assertEquals(await place.read(), trusting(place.project));
  assertEquals((await Deno.stat(place.config)).mode! & 0o777, 0o600);
  assertEquals(place.names(), [".claude.json", "project"]);
});

Deno.test("trust() changes one key and nothing else", async () => {
  const text =
    '{\n  "big": 12345678901234567890,\n  "float": 1.0,\n  "projects": {\n    "HOME/project": {"x": [1]}\n  }\n}\n';
  await using place = await homeWith(text);
  const before = await place.read();
  await trust(place.home, place.project);
  assertEquals(await place.read(), before.replace('"x": [1]', '"x": [1],"hasTrustDialogAccepted":true'));
});

Deno.test("trust() does not write when the directory is trusted already", async () => {
  await using place = await homeWith(trusting("HOME/project"));
  const before = await Deno.stat(place.config);
  await trust(place.home, place.project);
  assertEquals((await Deno.stat(place.config)).ino, before.ino);
  assertEquals(place.names(), [".claude.json", "project"]);
});

Deno.test("trust() keeps the file's mode", async () => {
  await using place = await homeWith("{}");
  await Deno.chmod(place.config, 0o640);
  await trust(place.home, place.project);
  assertEquals((await Deno.stat(place.config)).mode! & 0o777, 0o640);
});

Deno.test("trust() keeps a symlink to the file", async () => {
  await using place = await homeWith("{}");
  await Deno.rename(place.config, `${place.home}/real.json`);
  await Deno.symlink("real.json", place.config);
  await trust(place.home, place.project);
  assert((await Deno.lstat(place.config)).isSymlink);
  assertEquals(await Deno.readTextFile(`${place.home}/real.json`), trusting(place.project));
});

Deno.test("trust() keeps a copy of the file as it was before the first change", async () => {
  await using place = await homeWith('{"first":1}');
  await trust(place.home, place.project);
  await trust(place.home, `${place.project}/inner`);
  assertEquals(await Deno.readTextFile(`${place.config}.bak`), '{"first":1}');
  assertEquals((await Deno.stat(`${place.config}.bak`)).mode! & 0o777, 0o600);
});

Deno.test("trust() leaves a file that it does not understand as it is", async () => {
  for (const text of ["", "{", '{"a":1}}', "[]", '{"projects":[]}', '{"projects":{"HOME/project":3}}', "\ufeff{}"]) {
    await using place = await homeWith(text);
    const before = await place.read();
    const error = await assertRejects(() => trust(place.home, place.project), TrustError);
    assertStringIncludes(error.message, "it was left as it is");
    assertEquals(await place.read(), before);
    assertEquals(place.names(), [".claude.json", "project"]);
  }
});

Deno.test("trust() fails with a reason when the file cannot be read", async () => {
  await using place = await homeWith();
  await Deno.mkdir(place.config);
  await assertRejects(() => trust(place.home, place.project), TrustError, "Cannot read");
  await assertRejects(() => trust(`${place.home}/nowhere`, place.project), TrustError, "no such file or directory");
});

Deno.test("trust() loses none of the changes that are made at the same time", async () => {
  await using place = await homeWith('{"keep":1}');
  const paths = Array.from({ length: 20 }, (_, i) => `${place.project}/${i}`);
  await Promise.all(paths.map((path) => trust(place.home, path)));
  const { keep, projects } = JSON.parse(await place.read());
  assertEquals([keep, Object.keys(projects).sort()], [1, paths.sort()]);
});

Deno.test("trust() begins again when another program changed the file meanwhile", async () => {
  await using place = await homeWith('{"n":0}');
  const { lstatSync } = Deno;
  let calls = 0;
  // The look right before the rename.
  Deno.lstatSync = (path) => {
    if (path === place.config && ++calls === 1) Deno.writeTextFileSync(place.config, '{"n":10}');
    return lstatSync(path);
  };
  try {
    await trust(place.home, place.project);
  } finally {
    Deno.lstatSync = lstatSync;
  }
  assertEquals(await place.read(), `{"n":10,${trusting(place.project).slice(1)}`);
  assertEquals(place.names(), [".claude.json", ".claude.json.bak", "project"]);
});

Deno.test("trust() gives up when the file never stays as it is", async () => {
  await using place = await homeWith('{"n":0}');
  const { lstat } = Deno;
  let n = 0;
  Deno.lstat = async (path) => {
    if (path === place.config) await Deno.writeTextFile(place.config, `{"n":${"1".repeat(++n)}}`);
    return await lstat(path);
  };
  try {
    await assertRejects(() => trust(place.home, place.project), TrustError, "other programs change it");
  } finally {
    Deno.lstat = lstat;
  }
  assertEquals(await place.read(), `{"n":${"1".repeat(n)}}`);
});

Deno.test("keepTrusted() records it again when the agent CLI has overwritten it", async () => {
  await using place = await homeWith("{}");
  const clock = fakeClock();
  await trust(place.home, place.project);
  const kept = keepTrusted(place.home, place.project, { clock });
  for (let i = 0; i < 20; i++) {
    await waitFor("a look", () => clock.pending > 0);
    if (i === 19) await Deno.writeTextFile(place.config, '{"later":1}');
    clock.advance(100);
  }
  await kept;
  const { later, projects } = JSON.parse(await place.read());
  assertEquals([later, projects], [1, { [place.project]: { hasTrustDialogAccepted: true } }]);
});

Deno.test("keepTrusted() ends when it is told to", async () => {
  await using place = await homeWith("{}");
  const [clock, stopping] = [fakeClock(), new AbortController()];
  const kept = keepTrusted(place.home, place.project, { clock, signal: stopping.signal });
  await waitFor("a pause", () => clock.pending > 0);
  stopping.abort();
  await kept;
  assertEquals([await place.read(), clock.pending], ["{}", 0]);
});

Deno.test("trust() waits for a program that is about to replace the file, and not for what one has left", async () => {
  await using place = await homeWith('{"n":0}');
  const left = `${place.config}.left`;
  await Deno.writeTextFile(left, "");
  await Deno.utime(left, 0, 0);
  const other = `${place.config}.other`;
  await Deno.writeTextFile(other, '{"n":1}');
  const trustDone = trust(place.home, place.project);
  await waitFor("an attempt", () => place.names().includes(".claude.json.bak"));
  await Deno.rename(other, place.config);
  await trustDone;
  assertEquals(await place.read(), `{"n":1,${trusting(place.project).slice(1)}`);
});

Deno.test("trust() loses nothing that a program writes that takes no lock", async () => {
  const { lost, unparsable, isWriterContent, writes } = await trustRounds(300);
  assertEquals([unparsable, isWriterContent], [0, true]);
  assert(writes > 0);
  // On a busy machine a write can fall between the last look and the replacement, which nothing can keep apart: one of
  // 300 then. Without the look, 20 to 100 of them are lost.
  assert(lost.length <= 5, `lost: ${lost.join(" ")}`);
});
