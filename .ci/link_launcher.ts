/**
 * Puts a release on the PATH of its user.
 *
 * @module
 */

/** The variables that say where programs of a user are. */
export interface UserVariables {
  /** The home directory. */
  readonly HOME?: string;
  /** Where the shell looks for programs. */
  readonly PATH?: string;
}

/**
 * Links a launcher as `~/.local/bin/claustrum`. A link that is there already is replaced.
 *
 * @returns What to tell the user.
 * @throws {Error} If there is no home directory, or another file is in the way.
 */
export async function linkLauncher(launcher: string, { HOME, PATH = "" }: UserVariables): Promise<string> {
  if (Deno.build.os === "windows") {
    return `made ${launcher}.cmd: add its directory to the PATH`;
  }
  if (HOME === undefined || HOME === "") throw new Error("$HOME is not set, so there is no ~/.local/bin");
  const directory = `${HOME}/.local/bin`;
  const link = `${directory}/claustrum`;
  await Deno.mkdir(directory, { recursive: true });
  if (await isFile(link)) throw new Error(`${link} is there and is no link: remove it first`);
  const made = `${link}.${Deno.pid}`;
  await Deno.symlink(launcher, made);
  await Deno.rename(made, link);
  const isFound = PATH.split(":").includes(directory);
  const advice = isFound ? "claustrum help" : `export PATH="$HOME/.local/bin:$PATH", also in your shell's profile`;
  return `installed ${link}, which needs ${launcher.replace(/\/[^/]*$/, "")}. Next: ${advice}`;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return !(await Deno.lstat(path)).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
