/**
 * What matters most in the input of a tool, for those who describe a call in a line.
 *
 * @module
 */

/** The field of a tool's input that says the most. */
const MAIN_FIELDS: Readonly<Record<string, string>> = {
  Agent: "description",
  Bash: "command",
  BashOutput: "bash_id",
  Edit: "file_path",
  Glob: "pattern",
  Grep: "pattern",
  KillShell: "shell_id",
  MultiEdit: "file_path",
  NotebookEdit: "notebook_path",
  Read: "file_path",
  Skill: "skill",
  SlashCommand: "command",
  Task: "description",
  WebFetch: "url",
  WebSearch: "query",
  Write: "file_path",
};

/** Returns what a tool is called with, in one of its fields; `""` for a tool that is not known, or without that field. */
export function mainInput(tool: string, input: Readonly<Record<string, unknown>>): string {
  const value = Object.hasOwn(MAIN_FIELDS, tool) ? input[MAIN_FIELDS[tool]!] : undefined;
  return typeof value === "string" ? value : "";
}
