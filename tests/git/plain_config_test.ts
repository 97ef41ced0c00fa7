import { assertEquals } from "@std/assert";
import { plainConfig, plainOrigin } from "../../lib/git/plain_config.ts";
import { repoStatus } from "../../lib/git/repository.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { type TestRepository, testRepository } from "../helpers/repository.ts";

Deno.test("plainConfig() reads an ordinary repository, also from a subdirectory and through a symlink", async () => {
  await using repo = await testRepository();
  await repo.write("a/b/c", "1\n");
  await Deno.symlink(`${repo.path}/a/b`, `${repo.directory}/link`);
  for (const directory of [repo.path, `${repo.path}/a/b`, `${repo.path}/a/../a/b`, `${repo.directory}/link`]) {
    assertEquals(typeof await plainConfig(directory), "string", directory);
  }
});

/** Repositories whose configuration git must read. */
const DOUBTFUL: Readonly<Record<string, (repo: TestRepository) => Promise<unknown>>> = {
  "a filter": (repo) => repo.git("config", "filter.evil.clean", "cat"),
  "a filter in capital letters": (repo) => appendConfig(repo, '[FILTER "evil"]\n\tclean = cat\n'),
  "a filter after a byte order mark": async (repo) => {
    const config = await Deno.readTextFile(`${repo.path}/.git/config`);
    await Deno.writeTextFile(`${repo.path}/.git/config`, `\ufeff[Filter.evil]\nclean = cat\n${config}`);
  },
  "an included file": (repo) => repo.git("config", "include.path", "more"),
  "a conditionally included file": (repo) => repo.git("config", "includeIf.gitdir:/.path", "more"),
  "a configuration of the work tree": (repo) => repo.git("config", "extensions.worktreeConfig", "true"),
  "a common directory": (repo) => Deno.writeTextFile(`${repo.path}/.git/commondir`, "../other\n"),
  "no HEAD": (repo) => Deno.remove(`${repo.path}/.git/HEAD`),
  "a HEAD that git refuses": (repo) => Deno.writeTextFile(`${repo.path}/.git/HEAD`, "ref: other/x\n"),
  "a HEAD that is a symlink": async (repo) => {
    await Deno.remove(`${repo.path}/.git/HEAD`);
    await Deno.symlink("refs/heads/trunk", `${repo.path}/.git/HEAD`);
  },
  "a directory that git cannot enter": (repo) => Deno.chmod(`${repo.path}/.git/refs`, 0o600),
  "no configuration": (repo) => Deno.remove(`${repo.path}/.git/config`),
  "a symlink to a repository": async (repo) => {
    await Deno.rename(`${repo.path}/.git`, `${repo.directory}/elsewhere`);
    await Deno.symlink(`${repo.directory}/elsewhere`, `${repo.path}/.git`);
  },
  "a file with the path of a repository": async (repo) => {
    await Deno.rename(`${repo.path}/.git`, `${repo.directory}/elsewhere`);
    await Deno.writeTextFile(`${repo.path}/.git`, `gitdir: ${repo.directory}/elsewhere\n`);
  },
  "a repository without a work tree": async (repo) => {
    for await (const { name } of Deno.readDir(`${repo.path}/.git`)) {
      await Deno.rename(`${repo.path}/.git/${name}`, `${repo.path}/${name}`);
    }
    await Deno.remove(`${repo.path}/.git`);
  },
};

for (const [what, plant] of Object.entries(DOUBTFUL)) {
  Deno.test(`plainConfig() returns undefined when there is ${what}`, async () => {
    await using repo = await testRepository();
    await plant(repo);
    assertEquals(await plainConfig(repo.path), undefined);
    // Only root can remove a directory that it cannot enter.
    if (what.endsWith("cannot enter")) await Deno.chmod(`${repo.path}/.git/refs`, 0o700);
  });
}

Deno.test("repoStatus() does not run a filter of an outer repository when git refuses the inner one", async () => {
  await using repo = await testRepository();
  const sprung = `${repo.directory}/sprung`;
  await repo.git("config", "filter.evil.clean", `echo sprung > ${sprung}; cat`);
  await repo.write(".gitattributes", "* filter=evil\n");
  await repo.write("inner/.git/HEAD", "nothing\n");
  await repo.write("inner/.git/config", "[core]\n");
  for (const name of ["objects", "refs"]) await Deno.mkdir(`${repo.path}/inner/.git/${name}`);
  await repo.write("file", "2\n");
  await repoStatus({ directory: `${repo.path}/inner`, timeoutMs: 20_000 });
  assertEquals(await isThere(sprung), false);
  await repo.git("-C", "inner", "status", "--porcelain");
  assertEquals(await isThere(sprung), true, "the trap is real");
});

Deno.test("plainConfig() returns undefined when the directory is in no repository", async () => {
  assertEquals(await plainConfig("/nowhere/at/all"), undefined);
});

/** Configurations with the URL that git reads from them, or `undefined` where it is left to git. */
const ORIGINS: Readonly<Record<string, string | undefined>> = {
  '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://github.com/o/r\n\tfetch = +x:y\n':
    "https://github.com/o/r",
  '[remote "origin"]\n\turl = git@github.com:o/r.git\n[branch "main"]\n\tremote = origin\n': "git@github.com:o/r.git",
  '[remote "origin"]\r\n  URL=one\r\n\turl   =   two\r\n': "two",
  '[remote "origin"]\n\turl = one\n[remote "other"]\n\turl = two\n': "one",
  '[remote "origin"]\n\turls = one\n\tpushurl = two\n': undefined,
  '[remote "origin"]\n\turl = "quoted"\n': undefined,
  '[remote "origin"]\n\turl = one # said\n': undefined,
  '[remote "origin"]\n\turl = one\\\ntwo\n': undefined,
  '[remote "origin"]\n\turl = one\n\turl = "two"\n': undefined,
  '[remote "origin"]\n\turl\n': undefined,
  '[remote "origin"] url = one\n': undefined,
  '[Remote "origin"]\n\turl = one\n': undefined,
  "[remote.origin]\n\turl = one\n": undefined,
  '[remote "origin2"]\n\turl = one\n': undefined,
  "": undefined,
};

for (const [config, expected] of Object.entries(ORIGINS)) {
  Deno.test(`plainOrigin() reads ${JSON.stringify(config)}`, async () => {
    assertEquals(plainOrigin(config), expected);
    if (expected === undefined) return;
    await using repo = await testRepository();
    await Deno.writeTextFile(`${repo.path}/.git/config`, config, { append: true });
    assertEquals((await repo.git("config", "--get", "remote.origin.url")).trim(), expected, "as git has it");
  });
}

async function appendConfig(repo: TestRepository, text: string): Promise<void> {
  await Deno.writeTextFile(`${repo.path}/.git/config`, text, { append: true });
}
