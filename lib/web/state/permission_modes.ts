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
  /** A name for where there is little room. */
  readonly short: string;
  /** What it means. */
  readonly text: string;
}

/** The mode in which nobody is asked for anything. */
export const BYPASS = "bypassPermissions";

/** The permission modes, the most cautious first. */
export const PERMISSION_MODES: readonly PermissionMode[] = [
  { id: "default", label: "Ask before changes", short: "Asks", text: "Asks before it runs commands or changes files." },
  {
    id: "plan",
    label: "Plan first",
    short: "Plan",
    text: "Reads and plans; changes nothing before you approve the plan.",
  },
  {
    id: "acceptEdits",
    label: "Accept edits",
    short: "Accept edits",
    text: "Changes files in its directory without asking.",
  },
  { id: "auto", label: "Auto", short: "Auto", text: "The agent decides what needs to be asked." },
  {
    id: "dontAsk",
    label: "Deny what is not allowed",
    short: "Never asks",
    text: "What is not allowed already is denied without asking.",
  },
  { id: BYPASS, label: "Bypass permissions", short: "Bypass", text: "Does everything without asking." },
];

/** Returns a short name of a permission mode. */
export function shortMode(mode: string): string {
  return PERMISSION_MODES.find(({ id }) => id === mode)?.short ?? mode;
}
