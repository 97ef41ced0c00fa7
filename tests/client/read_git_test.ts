import { assertEquals } from "@std/assert";
import { connect } from "../../lib/client/connect.ts";
import { readGit } from "../../lib/client/read_git.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { tempDir } from "../helpers/temp.ts";
import { git, makeRepository, writeFiles } from "../helpers/projects.ts";

/** A repository, and a program that leaves a mark when it runs. */
async function hostile() {
  const stack = new AsyncDisposableStack();
  const daemon = stack.use(await startDaemon());
  const client = stack.use(await connect({ socket: daemon.socket, token: daemon.token }));
  const mark = `${daemon.directory}/it-ran`;
  const program = `${daemon.directory}/program`;
  await Deno.writeTextFile(program, `#!/bin/sh\necho "$0 $*" >> ${mark}\nexec cat\n`, { mode: 0o755 });
  const path = await makeRepository(`${daemon.directory}/repo`, { "file.txt": "1\n", "other.txt": "1\n" });
  return {
    path,
    home: daemon.directory,
    program,
    /** Asks all that is ever asked, while a file has changed. */
    async ask(): Promise<string> {
      await writeFiles(path, { "file.txt": "2\n", "other.txt": "22\n" });
      const commands = [
        ["status", "--porcelain=v2", "--branch", "-z", "--ignore-submodules=dirty"],
        ["diff", "--no-ext-diff", "--no-textconv", "--patch", "HEAD"],
        ["rev-list", "--count", "HEAD", "--not", "--remotes"],
        ["ls-files", "--others", "--exclude-standard", "-z"],
        ["worktree", "list", "--porcelain", "-z"],
      ];
      for (const args of commands) {
        const { code, stderr } = await readGit(client, { directory: path, args });
        assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], args.join(" "));
      }
      try {
        return await Deno.readTextFile(mark);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return "";
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const NAMES = ["plain", "with=sign", "with.dot", "with space", "x.clean=true"];

Deno.test("readGit() runs no filter of a repository, whatever its name is", async () => {
  for (const name of NAMES) {
    await using at = await hostile();
    for (const key of ["clean", "smudge", "process"]) await git(at.path, "config", `filter.${name}.${key}`, at.program);
    await git(at.path, "config", `filter.${name}.required`, "true");
    await Deno.writeTextFile(`${at.path}/.git/info/attributes`, `*.txt filter=${name.replaceAll(" ", "-")}\n`);
    await writeFiles(at.path, { ".gitattributes": `*.txt filter=${name}\n` });
    assertEquals(await at.ask(), "", name);
  }
});

Deno.test("readGit() runs no filter of a file that the configuration includes", async () => {
  await using at = await hostile();
  await Deno.writeTextFile(`${at.path}/more`, `[filter "f"]\n\tclean = ${at.program}\n`);
  await git(at.path, "config", "include.path", `${at.path}/more`);
  await writeFiles(at.path, { ".gitattributes": "* filter=f\n" });
  assertEquals(await at.ask(), "");
});

Deno.test("readGit() runs no other program that a repository names", async () => {
  const settings: [string, string][] = [
    ["core.fsmonitor", "PROGRAM"],
    ["core.hooksPath", "DIRECTORY"],
    ["core.pager", "PROGRAM"],
    ["core.sshCommand", "PROGRAM"],
    ["core.editor", "PROGRAM"],
    ["pager.diff", "PROGRAM"],
    ["pager.status", "PROGRAM"],
    ["diff.external", "PROGRAM"],
    ["diff.d.command", "PROGRAM"],
    ["diff.d.textconv", "PROGRAM"],
    ["gpg.program", "PROGRAM"],
    ["log.showSignature", "true"],
    ["interactive.diffFilter", "PROGRAM"],
    ["alias.status", "!PROGRAM"],
    ["alias.diff", "!PROGRAM"],
    ["credential.helper", "PROGRAM"],
  ];
  await using at = await hostile();
  for (const name of ["post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman"]) {
    await Deno.copyFile(at.program, `${at.path}/.git/hooks/${name}`);
  }
  for (const [key, value] of settings) {
    await git(
      at.path,
      "config",
      key,
      value.replace("PROGRAM", at.program).replace("DIRECTORY", `${at.path}/.git/hooks`),
    );
  }
  await writeFiles(at.path, { ".gitattributes": "*.txt diff=d\n" });
  assertEquals(await at.ask(), "");
});

Deno.test("readGit() does not read the user's configuration", async () => {
  await using at = await hostile();
  await Deno.writeTextFile(
    `${at.home}/.gitconfig`,
    `[filter "f"]\n\tclean = ${at.program}\n[core]\n\tfsmonitor = ${at.program}\n`,
  );
  await writeFiles(at.path, { ".gitattributes": "* filter=f\n" });
  assertEquals(await at.ask(), "");
});

Deno.test("readGit() looks into the repository that it is given when a hook of git started the daemon", async () => {
  await using other = await tempDir();
  const elsewhere = await makeRepository(`${other.path}/elsewhere`, { "secret.txt": "1\n" });
  const env = {
    GIT_DIR: `${elsewhere}/.git`,
    GIT_INDEX_FILE: `${elsewhere}/.git/index`,
    GIT_WORK_TREE: elsewhere,
    GIT_PREFIX: "x/",
  };
  await using daemon = await startDaemon({ env });
  await using client = await connect({ socket: daemon.socket, token: daemon.token });
  const path = await makeRepository(`${other.path}/here`, { "file.txt": "1\n" });
  const { code, stdout } = await readGit(client, { directory: path, args: ["ls-files"] });
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "file.txt\n"]);
});
