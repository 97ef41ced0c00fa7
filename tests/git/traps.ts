/**
 * Repositories whose configuration names programs.
 *
 * @module
 */

import { type TestRepository, testRepository } from "../helpers/repository.ts";

/** Ways in which a repository's own configuration can name a program; each would run `trap`. */
export const TRAPS: Readonly<Record<string, (repo: TestRepository, trap: string) => Promise<unknown>>> = {
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

/** More ways to name a program, which matter where files are checked out and branches change. */
export const WORK_TRAPS: typeof TRAPS = {
  "a filter of the commit": async (repo, trap) => {
    await repo.write(".gitattributes", "* filter=evil\n");
    await repo.git("add", ".gitattributes");
    await repo.git("commit", "-q", "-m", "attributes");
    for (const kind of ["smudge", "clean", "process"]) await repo.git("config", `filter.evil.${kind}`, trap);
    await repo.git("config", "filter.evil.required", "true");
  },
  "a filter that is configured for work trees and new branches only": async (repo, trap) => {
    await repo.write(".gitattributes", "* filter=evil\n");
    await repo.git("add", ".gitattributes");
    await repo.git("commit", "-q", "-m", "attributes");
    await Deno.mkdir(`${repo.path}/.git/more`);
    await repo.git("config", "includeIf.gitdir:**/worktrees/**.path", "more/first");
    await Deno.writeTextFile(`${repo.path}/.git/more/first`, '[includeIf "onbranch:after"]\n\tpath = second\n');
    await Deno.writeTextFile(`${repo.path}/.git/more/second`, `[filter "evil"]\n\tsmudge = ${trap}\n`);
  },
  "hooks of the configuration": async (repo, trap) => {
    await repo.git("config", "hook.evil.command", trap);
    for (const event of ["post-checkout", "reference-transaction", "post-index-change"]) {
      await repo.git("config", "--add", "hook.evil.event", event);
    }
  },
  "an ssh for a lazy fetch": (repo, trap) => lazyFetch(repo, "ssh://host/x", ["core.sshCommand", trap]),
  "a credential helper for a lazy fetch": (repo, trap) =>
    lazyFetch(repo, "https://user@127.0.0.1:1/x", ["credential.helper", `!${trap}`]),
  "an upload-pack for a lazy fetch": (repo, trap) =>
    lazyFetch(repo, `file://${repo.path}`, ["remote.origin.uploadpack", trap]),
  "a helper of a remote": (repo, trap) => lazyFetch(repo, `ext::${trap}`, ["protocol.ext.allow", "always"]),
};

/** Makes a repository fetch its only file from a remote; the setting is one of the repository. */
export async function lazyFetch(
  repo: TestRepository,
  url: string,
  [key, value]: readonly [string, string],
): Promise<void> {
  await repo.git("config", "core.repositoryFormatVersion", "1");
  await repo.git("config", "extensions.partialClone", "origin");
  await repo.git("config", "remote.origin.url", url);
  await repo.git("config", "remote.origin.promisor", "true");
  await repo.git("config", key, value);
  const blob = (await repo.git("rev-parse", "HEAD:file")).trim();
  await Deno.remove(`${repo.path}/.git/objects/${blob.slice(0, 2)}/${blob.slice(2)}`);
}

/** Writes a program that notes that it was run. */
export async function makeTrap(repo: TestRepository, end = "exit 1"): Promise<{ trap: string; sprung: string }> {
  const [trap, sprung] = [`${repo.directory}/trap`, `${repo.directory}/sprung`];
  await Deno.writeTextFile(trap, `#!/bin/sh\necho sprung >> ${sprung}\n${end}\n`);
  await Deno.chmod(trap, 0o755);
  return { trap, sprung };
}
