import { assertEquals } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import { localBranches, repoInfo, repoStatus } from "../../lib/git/repository.ts";
import { type TestRepository, testRepository } from "../helpers/repository.ts";

const LIMITS = { timeoutMs: 20_000 };

/** Ways in which a repository's own configuration can name a program; each would run `trap`. */
const TRAPS: Readonly<Record<string, (repo: TestRepository, trap: string) => Promise<unknown>>> = {
  "fsmonitor": (repo, trap) => repo.git("config", "core.fsmonitor", trap),
  "a clean filter": (repo, trap) => plantFilter(repo, "clean", trap),
  "a filter process": (repo, trap) => plantFilter(repo, "process", trap),
  "a required filter": async (repo, trap) => {
    await plantFilter(repo, "clean", trap);
    await repo.git("config", "filter.evil.required", "true");
  },
  "a filter whose name contains an equals sign": async (repo, trap) => {
    await Deno.writeTextFile(`${repo.path}/.git/config`, `[filter "a=b"]\n\tclean = ${trap}\n`, { append: true });
    await repo.write(".gitattributes", "* filter=a=b\n");
  },
  "a filter in an included file": async (repo, trap) => {
    await plantFilter(repo, "smudge", trap);
    await Deno.writeTextFile(`${repo.path}/.git/more`, `[filter "evil"]\n\tclean = ${trap}\n`);
    await repo.git("config", "include.path", "more");
  },
  "a filter in the work tree's configuration": async (repo, trap) => {
    await repo.git("config", "extensions.worktreeConfig", "true");
    await plantFilter(repo, "smudge", "cat");
    await repo.git("config", "--worktree", "filter.evil.clean", trap);
  },
  "a pager": async (repo, trap) => {
    await repo.git("config", "core.pager", trap);
    await repo.git("config", "pager.status", "true");
    await repo.git("config", "pager.for-each-ref", trap);
  },
  "an external diff and a text conversion": async (repo, trap) => {
    await repo.git("config", "diff.external", trap);
    await repo.git("config", "diff.evil.textconv", trap);
    await repo.write(".gitattributes", "* diff=evil\n");
  },
  "aliases of the commands themselves": async (repo, trap) => {
    for (const name of ["status", "rev-parse", "symbolic-ref", "for-each-ref", "config"]) {
      await repo.git("config", `alias.${name}`, `!${trap}`);
    }
  },
  "hooks": async (repo, trap) => {
    const names = ["post-index-change", "reference-transaction", "pre-auto-gc", "post-checkout", "fsmonitor-watchman"];
    for (const name of names) await Deno.copyFile(trap, `${repo.path}/.git/hooks/${name}`);
    await repo.git("config", "core.hooksPath", `${repo.path}/.git/hooks`);
  },
  "an editor, a password prompt and an ssh": async (repo, trap) => {
    for (const key of ["core.editor", "core.askPass", "core.sshCommand", "credential.helper", "gpg.program"]) {
      await repo.git("config", key, key === "credential.helper" ? `!${trap}` : trap);
    }
  },
  "a lazy fetch of a partial clone": async (repo, trap) => {
    await repo.git("config", "core.repositoryFormatVersion", "1");
    await repo.git("config", "extensions.partialClone", "origin");
    await repo.git("config", "remote.origin.url", `ext::${trap}`);
    await repo.git("config", "remote.origin.promisor", "true");
    await repo.git("config", "protocol.ext.allow", "always");
    const tree = (await repo.git("rev-parse", "HEAD^{tree}")).trim();
    await Deno.remove(`${repo.path}/.git/objects/${tree.slice(0, 2)}/${tree.slice(2)}`);
  },
  "a submodule's fsmonitor and filter": async (repo, trap) => {
    await using other = await testRepository();
    await repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", other.path, "sub");
    await repo.git("commit", "-q", "-m", "sub");
    await repo.git("-C", "sub", "config", "core.fsmonitor", trap);
    await repo.git("-C", "sub", "config", "filter.evil.clean", trap);
    await repo.write("sub/.gitattributes", "* filter=evil\n");
    await repo.write("sub/file", "changed\n");
  },
};

async function plantFilter(repo: TestRepository, kind: string, trap: string): Promise<void> {
  await repo.git("config", `filter.evil.${kind}`, trap);
  await repo.write(".gitattributes", "* filter=evil\n");
}

for (const [what, plant] of Object.entries(TRAPS)) {
  Deno.test(`runSafeGit() does not run ${what} of a repository`, async () => {
    await using repo = await testRepository();
    const sprung = `${repo.directory}/sprung`;
    const trap = `${repo.directory}/trap`;
    await Deno.writeTextFile(trap, `#!/bin/sh\necho sprung >> ${sprung}\nexit 1\n`);
    await Deno.chmod(trap, 0o755);
    await plant(repo, trap);
    // Same size, different time: git must read the content.
    await repo.write("file", "2\n");
    await Deno.utime(`${repo.path}/file`, 1, 1);
    await Deno.remove(sprung).catch(() => {});
    const options = { ...LIMITS, directory: repo.path };
    await repoInfo(options);
    await localBranches(options);
    // It fails if objects are missing; the test only checks that nothing is run.
    await repoStatus(options).catch(() => {});
    assertEquals(await isThere(sprung), false);
  });
}

Deno.test("git itself runs the clean filter and the fsmonitor of the tests", async () => {
  for (const what of ["fsmonitor", "a clean filter"]) {
    await using repo = await testRepository();
    const sprung = `${repo.directory}/sprung`;
    const trap = `${repo.directory}/trap`;
    await Deno.writeTextFile(trap, `#!/bin/sh\necho sprung >> ${sprung}\ncat\n`);
    await Deno.chmod(trap, 0o755);
    await TRAPS[what]!(repo, trap);
    await repo.write("file", "2\n");
    await repo.git("status", "--porcelain");
    assertEquals(await isThere(sprung), true, what);
  }
});
