/**
 * What somebody fills in to start remote control of a project.
 *
 * @module
 */

import type { Project } from "../../projects/types.ts";
import type { InstanceMode, SpawnMode, StartInstanceParams } from "../../remote/types.ts";
import { BYPASS } from "./permission_modes.ts";

/** What was filled in; an empty text stands for the default. */
export interface InstanceForm {
  /** The name that people see. */
  readonly name: string;
  /** How the agent CLI is started. */
  readonly mode: InstanceMode | "";
  /** Where it starts sessions. */
  readonly spawnMode: SpawnMode;
  /** The permission mode. */
  readonly permissionMode: string;
  /** The project's name, typed to confirm that nobody is asked. */
  readonly confirm: string;
}

/** A form in which nothing was filled in. */
export const EMPTY_INSTANCE_FORM: InstanceForm = {
  name: "",
  mode: "",
  spawnMode: "same-dir",
  permissionMode: "default",
  confirm: "",
};

/** Why remote control cannot be started as it was filled in; `undefined` if it can. */
export function obstacleOf(
  { permissionMode, confirm }: InstanceForm,
  { name, allow_bypass_permissions }: Pick<Project, "name" | "allow_bypass_permissions">,
): "not allowed" | "not confirmed" | undefined {
  if (permissionMode !== BYPASS) return undefined;
  if (!allow_bypass_permissions) return "not allowed";
  return confirm === name ? undefined : "not confirmed";
}

/** Returns the parameters of the operation. */
export function instanceParams(form: InstanceForm, project: string): StartInstanceParams {
  const { mode, spawnMode, permissionMode, confirm } = form;
  const name = form.name.trim();
  return {
    project,
    ...(name === "" ? {} : { name }),
    ...(mode === "" ? {} : { mode }),
    // A terminal takes none, and it may be what the hub is configured for.
    ...(mode === "pty" || mode === "" && spawnMode === EMPTY_INSTANCE_FORM.spawnMode ? {} : { spawn_mode: spawnMode }),
    permission_mode: permissionMode,
    ...(permissionMode === BYPASS ? { confirm } : {}),
  };
}
