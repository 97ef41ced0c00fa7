/**
 * The permission modes of the agent CLI.
 *
 * @module
 */

/** A permission mode. */
export interface PermissionMode {
  /** The name that the agent CLI gives it. */
  readonly id: string;
  /** A name for people. */
  readonly label: string;
  /** What it means. */
  readonly text: string;
}

/** The mode in which nobody is asked for anything. */
export const BYPASS = "bypassPermissions";

/** The permission modes, the most cautious first. */
export const PERMISSION_MODES: readonly PermissionMode[] = [
  { id: "default", label: "Ask before changes", text: "Asks before it runs commands or changes files." },
  { id: "plan", label: "Plan first", text: "Reads and plans; changes nothing before you approve the plan." },
  { id: "acceptEdits", label: "Accept edits", text: "Changes files in its directory without asking." },
  { id: "auto", label: "Auto", text: "The agent decides what needs to be asked." },
  { id: "dontAsk", label: "Deny what is not allowed", text: "What is not allowed already is denied without asking." },
  { id: BYPASS, label: "Bypass permissions", text: "Does everything without asking." },
];

/** Returns the name of a permission mode for people. */
export function modeLabel(mode: string): string {
  return PERMISSION_MODES.find(({ id }) => id === mode)?.label ?? mode;
}
