/**
 * Finding the launcher that the administrator of this machine prescribes for Claude Code (contract: The managed
 * launcher).
 *
 * @module
 */

import { launcherProblem } from "./check_launcher.ts";
import { readManagedLauncher } from "./managed_settings.ts";
import { MANAGED_FOLDER } from "./settings_folder.ts";
import { splitLauncher } from "./split_launcher.ts";

/** The variable that names the folder of the settings on a machine without managed ones; for tests of clients. */
export const SUBSTITUTE_VARIABLE = "CLAUDE_SSH_E2E_MANAGED_SETTINGS_DIR";

/** What there is of a launcher. The order of the fields is part of the contract. */
export type ResolvedLauncher =
  /** None is prescribed. */
  | { readonly status: "none" }
  /** One is prescribed and can be used. */
  | { readonly status: "usable"; readonly argv: readonly string[]; readonly source: string }
  /** One is prescribed, but cannot be used. */
  | { readonly status: "unusable"; readonly source: string; readonly reason: string }
  /** The settings cannot be read. */
  | { readonly status: "unreadable"; readonly reason: string; readonly path: string };

/** Where the settings are. */
export interface LauncherFolders {
  /** The folder of the managed settings. @default {that of this system} */
  readonly folder?: string;
  /** The folder that is used if the first one has no settings; `""` for none. @default {none} */
  readonly substitute?: string | undefined;
}

/** Reads the settings anew and checks the launcher that they prescribe for a CLI. */
export async function resolveLauncher(cliPath: string, folders: LauncherFolders = {}): Promise<ResolvedLauncher> {
  const { folder = MANAGED_FOLDER, substitute = "" } = folders;
  const managed = await readManagedLauncher(folder, substitute);
  switch (managed.kind) {
    case "none":
      return { status: "none" };
    case "unreadable":
      return { status: "unreadable", reason: managed.reason, path: managed.path };
    case "set": {
      const { source } = managed;
      const split = splitLauncher(managed.value);
      if (split.kind === "refused") return { status: "unusable", source, reason: split.reason };
      const reason = await launcherProblem(split.words, cliPath);
      return reason === undefined
        ? { status: "usable", argv: split.words, source }
        : { status: "unusable", source, reason };
    }
  }
}
