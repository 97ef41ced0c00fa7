/**
 * The projects as remote control needs them, from the file system.
 *
 * @module
 */

import { isTrusted } from "../claude_home/trust.ts";
import type { RemoteProject, RemoteProjects } from "../remote/settings.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { isThere } from "../system/private_files.ts";
import { RequestError } from "../system/request_error.ts";

/** The names that a project may have. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** Where projects are. */
export interface ProjectsPlace {
  /** The directory of the projects; `undefined` if there is none. */
  readonly root: string | undefined;
  /** Whether agents in a directory may run without permissions. */
  readonly allowsBypass: (path: string) => boolean;
  /** The user's home directory. */
  readonly home: string;
}

/** Returns the projects of a root. */
export function remoteProjects({ root, allowsBypass, home }: ProjectsPlace): RemoteProjects {
  const find = async (name: string): Promise<RemoteProject | undefined> => {
    const real = await realRoot(root);
    const path = `${real}/${name}`;
    // A symlink could lead out of the root.
    if (!NAME.test(name) || !(await isDirectory(path))) return undefined;
    const [isGitRepo, isTrustedNow] = await Promise.all([isThere(`${path}/.git`), isTrusted(home, path)]);
    return { name, path, isGitRepo, isTrusted: isTrustedNow, allowsBypass: allowsBypass(`${root}/${name}`) };
  };
  return {
    projectOf: find,
    async places() {
      const real = await realRoot(root);
      const entries = await Array.fromAsync(Deno.readDir(real));
      return entries.filter(({ name, isDirectory }) => isDirectory && NAME.test(name)).map(({ name }) => ({
        name,
        path: `${real}/${name}`,
      }));
    },
  };
}

async function realRoot(root: string | undefined): Promise<string> {
  if (root === undefined) {
    throw new RequestError("conflict", "there are no projects: set projects.root in hub.toml");
  }
  try {
    return await Deno.realPath(root);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new RequestError("conflict", `projects.root ${root} cannot be read: ${errnoText(error)}`, { cause: error });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
