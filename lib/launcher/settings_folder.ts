/**
 * Where the administrator of this machine puts the settings of Claude Code.
 *
 * @module
 */

const FOLDERS: Readonly<Partial<Record<typeof Deno.build.os, string>>> = {
  darwin: "/Library/Application Support/ClaudeCode",
  windows: "",
};

/** The folder of the managed settings; `""` if this system has none. */
export const MANAGED_FOLDER: string = FOLDERS[Deno.build.os] ?? "/etc/claude-code";
