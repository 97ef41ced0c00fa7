import { GIT_ENVIRONMENT } from "../helpers/repository.ts";

/** Creates the files that the golden files refer to as `{{tmp}}`. */
export async function makeFixtures(directory: string): Promise<void> {
  const at = (name: string) => `${directory}/${name}`;
  await Deno.mkdir(at("bin"), { recursive: true });
  await Deno.mkdir(at("work"));
  await Deno.writeTextFile(at("plain.txt"), "not a program\n", { mode: 0o644 });
  await Deno.writeTextFile(at("headless"), "echo never\n", { mode: 0o755 });
  await Deno.writeTextFile(at("empty"), "", { mode: 0o755 });
  await Deno.writeTextFile(at("own-script"), "#!/bin/sh\nprintf script\n", { mode: 0o755 });
  await Deno.writeTextFile(at("nested"), `#!${at("headless")}\n`, { mode: 0o755 });
  await Deno.writeTextFile(at("orphan"), "#!/no/such/interpreter\n", { mode: 0o755 });
  await Deno.symlink(at("loop"), at("loop"));
  await Deno.chmod(at("plain.txt"), 0o644);
  for (const name of ["headless", "empty", "own-script", "nested", "orphan"]) await Deno.chmod(at(name), 0o755);
  await makeFiles(at("f"));
  await makeRepositories(directory);
}

async function makeFiles(directory: string): Promise<void> {
  const at = (name: string) => `${directory}/${name}`;
  await Deno.mkdir(at("list/sub"), { recursive: true });
  await Deno.mkdir(at("none"));
  for (const name of [".hidden", "b", "B", "a b", "é", "\u{1f600}", "\uffff"]) {
    await Deno.writeTextFile(at(`list/${name}`), "");
  }
  await Deno.symlink("sub", at("list/to-dir"));
  await Deno.symlink("b", at("list/to-file"));
  await Deno.symlink("gone", at("list/dangling"));
  await Deno.writeTextFile(at("text"), 'h\u00e9llo <&> "q" \\ \t\u2028\n');
  await Deno.writeFile(
    at("bytes"),
    Uint8Array.of(0x61, 0xff, 0xed, 0xa0, 0x80, 0x62, 0xef, 0xbf, 0xbd, 0xf0, 0x9f, 0x98),
  );
  await Deno.writeFile(at("full"), new Uint8Array(262_144).fill(0x6e));
  await Deno.writeFile(at("over"), new Uint8Array(262_145).fill(0x6e));
  await run("mkfifo", "-m", "600", at("fifo"));
  const modes = { "m644": 0o644, "m4755": 0o4755, "m6711": 0o6711, "m2000": 0o2000, "m0": 0, "m1777": 0o1777 };
  for (const [name, mode] of Object.entries(modes)) {
    await Deno.writeTextFile(at(name), "12345");
    await Deno.chmod(at(name), mode);
  }
  await Deno.mkdir(at("d2775"));
  await Deno.chmod(at("d2775"), 0o2775);
  await Deno.mkdir(at("d1777"));
  await Deno.chmod(at("d1777"), 0o1777);
}

async function makeRepositories(directory: string): Promise<void> {
  const repo = `${directory}/repo`;
  const git = (where: string, ...args: string[]) => run("git", "-C", where, ...args);
  await run("git", "init", "-q", "-b", "trunk", repo);
  await git(repo, "remote", "add", "origin", "git@github.com:some-one/the.repo.git");
  await Deno.writeTextFile(`${repo}/one`, "1\n");
  await git(repo, "add", ".");
  await git(repo, "commit", "-q", "-m", "first");
  for (const name of ["zeta", "Alpha", "b/c"]) await git(repo, "branch", name);
  await git(repo, "update-ref", "refs/remotes/origin/trunk", "HEAD");
  await git(repo, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk");
  await run("git", "clone", "-q", repo, `${directory}/dirty`);
  await Deno.writeTextFile(`${directory}/dirty/one`, "2\n");
  await Deno.mkdir(`${directory}/dirty/new`);
  await Deno.writeTextFile(`${directory}/dirty/new/x`, "");
  await Deno.writeTextFile(`${directory}/dirty/caf\u00e9`, "");
  await run("git", "clone", "-q", repo, `${directory}/detached`);
  await git(`${directory}/detached`, "checkout", "-q", "--detach");
  await run("git", "clone", "-q", "--bare", repo, `${directory}/bare`);
  await run("git", "init", "-q", "-b", "main", `${directory}/unborn`);
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, env: GIT_ENVIRONMENT, stdin: "null" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
