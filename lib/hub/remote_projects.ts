/**
 * The projects as remote control needs them.
 *
 * @module
 */

import { isTrusted } from "../claude_home/trust.ts";
import type { ProjectRoot } from "../projects/project_root.ts";
import type { RemoteProjects } from "../remote/settings.ts";
import type { Instance } from "../remote/types.ts";
import { isThere } from "../system/private_files.ts";

/** Where projects are, and what is allowed there. */
export interface ProjectsPlace {
  /** The directory of the projects as it is configured; `undefined` if there is none. */
  readonly root: string | undefined;
  /** Finds projects in it. */
  readonly places: ProjectRoot;
  /** Whether agents in a directory may run without permissions. */
  readonly allowsBypass: (path: string) => boolean;
  /** The user's home directory. */
  readonly home: string;
}

/** Returns the projects as remote control needs them. */
export function remoteProjects({ root, places, allowsBypass, home }: ProjectsPlace): RemoteProjects {
  return {
    async projectOf(name) {
      const { path } = await places.find(name);
      const [isGitRepo, isTrustedNow] = await Promise.all([isThere(`${path}/.git`), isTrusted(home, path)]);
      // The configuration names projects below the root as it is configured, which may be a symlink.
      return { name, path, isGitRepo, isTrusted: isTrustedNow, allowsBypass: allowsBypass(`${root}/${name}`) };
    },
    places: async () => places.isConfigured ? (await places.look()).places : [],
  };
}

/** Whether the program of an instance runs, or is about to. */
export function isLiveInstance({ ended_at }: Instance): boolean {
  return ended_at === undefined;
}
