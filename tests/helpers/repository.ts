import { tempDir } from "./temp.ts";

/** A git repository in a temporary directory. */
export interface TestRepository extends AsyncDisposable {
  /** The temporary directory that contains the repository. */
  readonly directory: string;
  readonly path: string;
  git(...args: string[]): Promise<string>;
  write(name: string, text: string): Promise<void>;
}

/** Variables that set an identity and disable the user's configuration. */
export const GIT_ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

/** Creates a repository with one commit on the branch `trunk`. */
export async function testRepository(): Promise<TestRepository> {
  const directory = await tempDir();
  const path = `${directory.path}/repo`;
  async function git(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-C", path, ...args],
      env: GIT_ENVIRONMENT,
      stdin: "null",
    }).output();
    if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }
  async function write(name: string, text: string): Promise<void> {
    await Deno.mkdir(`${path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${path}/${name}`, text);
  }
  await Deno.mkdir(path);
  await git("init", "-q", "-b", "trunk");
  await write("file", "1\n");
  await git("add", ".");
  await git("commit", "-q", "-m", "first");
  return { directory: directory.path, path, git, write, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}
