/**
 * What is checked before an instance is started.
 *
 * @module
 */

import { RequestError } from "../system/request_error.ts";
import { BYPASS, PERMISSION_MODES } from "./arguments.ts";
import type { RemoteProject } from "./settings.ts";
import type { InstanceMode, SpawnMode } from "./types.ts";

const MAX_NAME = 100;

/** How an instance is to be started. */
export interface Launch {
  /** The name that people see. */
  readonly name: string;
  /** How it is started. */
  readonly mode: InstanceMode;
  /** Where it starts sessions; `null` in a terminal. */
  readonly spawnMode: SpawnMode | null;
  /** What its agents may do. */
  readonly permissionMode: string;
}

/**
 * Checks that names and modes are valid, and go together.
 *
 * @throws {RequestError} If they do not.
 */
export function checkModes({ name, mode, spawnMode, permissionMode }: Launch, project: RemoteProject): void {
  // deno-lint-ignore no-control-regex -- Such a name could not be shown.
  if (name === "" || name.length > MAX_NAME || name.startsWith("-") || /[\x00-\x1f\x7f]/.test(name)) {
    throw new RequestError(
      "bad_params",
      `"name" must have 1 to ${MAX_NAME} characters, none of them a control character, and not begin with "-"`,
    );
  }
  if (!PERMISSION_MODES.includes(permissionMode)) {
    throw new RequestError(
      "bad_params",
      `"permission_mode" must be one of ${PERMISSION_MODES.join(", ")}, not ${JSON.stringify(permissionMode)}`,
    );
  }
  if (mode === "pty" && spawnMode !== null) {
    throw new RequestError("bad_params", `"spawn_mode" is for the mode standard: a terminal has one session`);
  }
  if (spawnMode === "worktree" && !project.isGitRepo) {
    throw new RequestError(
      "conflict",
      `${project.name} is no git repository, which the spawn mode worktree needs: choose another one`,
    );
  }
}

/**
 * Checks that permissions are bypassed only where the configuration allows it, and somebody means it.
 *
 * @param confirm The project's name, typed.
 * @throws {RequestError} If they must not be.
 */
export function checkBypass(permissionMode: string, project: RemoteProject, confirm: string | undefined): void {
  if (permissionMode !== BYPASS) return;
  const { name, allowsBypass } = project;
  if (!allowsBypass) {
    // A dot would begin another table.
    const key = /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
    throw new RequestError(
      "refused",
      `agents in ${name} may not run without permissions: set allow_bypass_permissions in [projects.${key}] of hub.toml`,
    );
  }
  if (confirm === name) return;
  throw new RequestError(
    "refused",
    `agents in ${name} would ask nobody: repeat the project's name as "confirm" if that is meant`,
  );
}

/**
 * Checks that the user trusts a project.
 *
 * @throws {RequestError} If not.
 */
export function checkTrust({ name, path, isTrusted }: RemoteProject): void {
  if (isTrusted) return;
  throw new RequestError(
    "refused",
    `${name} is not trusted: remote control would run what is in ${path}; trust it first`,
  );
}

/**
 * Checks that there is room for another instance.
 *
 * @param max The most instances; 0 for no limit.
 * @throws {RequestError} If there is none.
 */
export function checkRoom(live: number, max: number): void {
  if (max === 0 || live < max) return;
  throw new RequestError("conflict", `${live} instances are running, which is the most (remote.max): stop one first`);
}
