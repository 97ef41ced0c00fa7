/**
 * Which calls of tools need no person: the rules that answers for the whole session add, and the policy.
 *
 * @module
 */

import type { PermissionPolicy } from "./types.ts";

/** What a rule allows. It is plain JSON. */
export type RuleMatch =
  /** Shell commands that begin with these words. */
  | { readonly kind: "command"; readonly words: readonly string[] }
  /** Edits of files below the session's directory. */
  | { readonly kind: "edits" }
  /** Calls of a tool with exactly this input, as JSON text with sorted keys. */
  | { readonly kind: "exact"; readonly tool: string; readonly input: string };

/** A call of a tool. */
export interface ToolCall {
  /** The tool, such as `Bash`. */
  readonly toolName: string;
  /** What it is to be called with. */
  readonly input: unknown;
  /** Whether only a person can answer. */
  readonly requiresUserInteraction: boolean;
}

/** What the decision depends on besides the call. */
export interface RuleContext {
  /** The session's directory, resolved. */
  readonly directory: string;
  /** Resolves a path as far as it exists; `undefined` if that fails. */
  readonly realPath: (path: string) => string | undefined;
  /** Texts that no call may contain without a person: names of the hub, its directory, its address. */
  readonly guarded: readonly string[];
}

/** What becomes of a call. */
export type Decision = "allow" | "deny" | "ask";

const SHELL_TOOL = "Bash";
/** The input of each tool that edits a file, which names that file. */
const EDIT_TOOLS: Readonly<Record<string, string>> = {
  Write: "file_path",
  Edit: "file_path",
  MultiEdit: "file_path",
  NotebookEdit: "notebook_path",
};
/** Files that are code or instructions for agents and git, in lower case. */
const GUARDED_NAMES: ReadonlySet<string> = new Set([".git", ".claude", ".mcp.json", "claude.md", "claude.local.md"]);
/** In a command with these, words at the beginning do not tell what runs. */
const SHELL_SYNTAX = /[;&|<>`$(){}\\\n\r"'*?[\]~#!]/;
const PLAIN_COMMAND = /^[A-Za-z0-9_.][A-Za-z0-9_.+-]*$/;
const PLAIN_WORD = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;

/** Programs that run what their arguments say: allowing one of them by name would allow anything. */
const RUNNERS: ReadonlySet<string> = new Set([
  ...["sh", "bash", "dash", "zsh", "fish", "ksh", "csh", "tcsh", "busybox", "pwsh", "powershell"],
  ...["python", "python2", "python3", "node", "deno", "bun", "ruby", "perl", "php", "lua", "tclsh", "Rscript", "java"],
  ...["sudo", "su", "doas", "env", "xargs", "nohup", "setsid", "timeout", "nice", "ionice", "time", "watch", "stdbuf"],
  ...["exec", "eval", "source", ".", "command", "builtin", "find", "parallel", "script", "expect", "ssh", "chroot"],
  ...["npx", "npm", "pnpm", "yarn", "bunx", "uvx", "pipx", "make", "gmake", "just", "rake", "awk", "gawk", "sed"],
  ...["vi", "vim", "nvim", "emacs", "ed", "gdb", "strace", "ltrace", "docker", "podman", "kubectl", "tmux", "screen"],
  ...["systemd-run", "at", "batch", "crontab", "unshare", "nsenter", "flock", "rlwrap", "caffeinate", "osascript"],
]);

/** Returns the rule that an answer for the whole session adds; `undefined` if there is none for such a call. */
export function ruleFor(call: ToolCall, context: RuleContext): RuleMatch | undefined {
  if (call.requiresUserInteraction || isGuarded(call, context)) return undefined;
  if (isOrdinaryEdit(call, context)) return { kind: "edits" };
  if (Object.hasOwn(EDIT_TOOLS, call.toolName)) return undefined;
  const words = call.toolName === SHELL_TOOL ? commandWords(call.input) : undefined;
  if (words === undefined || !isPrefixSafe(words)) {
    return { kind: "exact", tool: call.toolName, input: sortedJson(call.input) };
  }
  const [first, second] = words;
  return { kind: "command", words: second !== undefined && PLAIN_WORD.test(second) ? [first!, second] : [first!] };
}

/** Describes in words what a rule allows. */
export function describeRule(rule: RuleMatch): string {
  switch (rule.kind) {
    case "command":
      return `commands that begin with "${rule.words.join(" ")}"`;
    case "edits":
      return "edits of files below the session's directory, except .git, .claude, .mcp.json and CLAUDE.md";
    case "exact":
      return rule.tool === SHELL_TOOL ? "exactly this command" : `${rule.tool} with exactly this input`;
  }
}

/** Decides what becomes of a call. */
export function decide(
  call: ToolCall,
  rules: readonly RuleMatch[],
  policy: PermissionPolicy,
  context: RuleContext,
): { readonly decision: Decision; readonly by: "rule" | "policy" } {
  if (call.requiresUserInteraction || isGuarded(call, context)) {
    return { decision: policy === "deny" ? "deny" : "ask", by: "policy" };
  }
  if (rules.some((rule) => matches(rule, call, context))) return { decision: "allow", by: "rule" };
  return { decision: policy, by: "policy" };
}

/** Whether a rule allows a call. */
export function matches(rule: RuleMatch, call: ToolCall, context: RuleContext): boolean {
  switch (rule.kind) {
    case "exact":
      return rule.tool === call.toolName && rule.input === sortedJson(call.input);
    case "edits":
      return isOrdinaryEdit(call, context);
    case "command": {
      const words = call.toolName === SHELL_TOOL ? commandWords(call.input) : undefined;
      return words !== undefined && isPrefixSafe(words) && rule.words.every((word, i) => words[i] === word);
    }
  }
}

/** An agent must not answer its own questions, or drive the hub that asks them, on the strength of a rule. */
function isGuarded(call: ToolCall, { guarded }: RuleContext): boolean {
  const text = JSON.stringify(call.input ?? null).toLowerCase();
  return guarded.some((name) => text.includes(name.toLowerCase()));
}

function commandWords(input: unknown): string[] | undefined {
  const command = field(input, "command");
  if (command === undefined || SHELL_SYNTAX.test(command)) return undefined;
  const words = command.trim().split(/[ \t]+/);
  return words[0] === "" ? undefined : words;
}

function isPrefixSafe([first = ""]: readonly string[]): boolean {
  return PLAIN_COMMAND.test(first) && !RUNNERS.has(first) && !/^(python|ruby|perl|php|lua)[\d.]+$/.test(first);
}

function isOrdinaryEdit({ toolName, input }: ToolCall, { directory, realPath }: RuleContext): boolean {
  const key = Object.hasOwn(EDIT_TOOLS, toolName) ? EDIT_TOOLS[toolName]! : undefined;
  const path = key === undefined ? undefined : field(input, key);
  if (path === undefined || path.includes("\0")) return false;
  const real = realPath(path.startsWith("/") ? path : `${directory}/${path}`);
  const root = directory === "/" ? "/" : `${directory}/`;
  if (real === undefined || !real.startsWith(root)) return false;
  return !real.slice(root.length).split("/").some((name) => GUARDED_NAMES.has(name.toLowerCase()));
}

function field(input: unknown, name: string): string | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const value = (input as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

/** JSON text that is the same for equal values; what the agent says about a call is no part of it. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (key, inner) => {
    if (key === "description") return undefined;
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1));
  });
}
