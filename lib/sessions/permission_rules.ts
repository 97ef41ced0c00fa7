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
/** Questions to a person, also where the agent does not say so. */
const PERSONAL_TOOLS: ReadonlySet<string> = new Set(["AskUserQuestion", "ExitPlanMode"]);
/** What a command for the shell may have beside it; anything else, such as a way out of a sandbox, a person decides. */
const SHELL_FIELDS: ReadonlySet<string> = new Set(["command", "description", "timeout", "run_in_background"]);
/** Files that are code or instructions for agents and git, in lower case. */
const GUARDED_NAMES: ReadonlySet<string> = new Set([".git", ".claude", ".mcp.json", "claude.md", "claude.local.md"]);
/** In a command with these, words at the beginning do not tell what runs. */
const SHELL_SYNTAX = /[;&|<>`$(){}\\"'*?[\]~#!]/;
/** A space or a control character that a shell, a person and this program might understand differently. */
const ODD_SPACE = /(?![ \t])[\p{Z}\p{C}]/u;
const PLAIN_COMMAND = /^[A-Za-z0-9_.][A-Za-z0-9_.+-]*$/;
const PLAIN_WORD = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;

/** Programs that run what their arguments say: allowing one of them by name would allow anything. */
const RUNNERS: ReadonlySet<string> = new Set([
  ...["sh", "bash", "dash", "zsh", "fish", "ksh", "csh", "tcsh", "busybox", "pwsh", "powershell"],
  ...["python", "python2", "python3", "node", "deno", "bun", "ruby", "perl", "php", "lua", "tclsh", "rscript", "java"],
  ...["sudo", "su", "doas", "env", "xargs", "nohup", "setsid", "timeout", "nice", "ionice", "time", "watch", "stdbuf"],
  ...["exec", "eval", "source", ".", "command", "builtin", "find", "parallel", "script", "expect", "ssh", "chroot"],
  ...["npx", "npm", "pnpm", "yarn", "bunx", "uvx", "pipx", "make", "gmake", "just", "rake", "awk", "gawk", "sed"],
  ...["vi", "vim", "nvim", "emacs", "ed", "gdb", "strace", "ltrace", "docker", "podman", "kubectl", "tmux", "screen"],
  ...["systemd-run", "at", "batch", "crontab", "unshare", "nsenter", "flock", "rlwrap", "caffeinate", "osascript"],
  ...["cmd", "wsl", "wine", "nodejs", "tsx", "ts-node", "pypy", "ipython", "jshell", "groovy", "m4", "bc", "dc"],
  ...["fakeroot", "proot", "firejail", "bwrap", "chrt", "taskset"],
  ...["prlimit", "setarch", "linux32", "linux64", "numactl"],
  ...["pkexec", "runuser", "sg", "newgrp", "start-stop-daemon", "entr"],
  ...["watchexec", "direnv", "nix-shell", "asdf", "mise"],
  // These do so with one of their options.
  ...["tar", "gtar", "bsdtar", "zip", "rsync", "scp", "sftp", "sort"],
  ...["split", "rg", "fd", "fdfind", "man", "less", "more"],
  ...["tcpdump", "nmap", "socat", "nc", "ncat", "curl", "wget", "sqlite3", "psql", "mysql", "cmake", "ninja", "dpkg"],
]);

/** Programs of which the first word tells nothing: their options can run anything, and only the next word tells what. */
const SUITES: ReadonlySet<string> = new Set([
  ...["git", "hg", "svn", "jj", "gh", "glab", "cargo", "go", "rustup", "dotnet", "mvn", "gradle", "bazel", "pip", "uv"],
  ...["poetry", "conda", "brew", "apt", "apt-get", "dnf", "yum"],
  ...["pacman", "apk", "snap", "nix", "systemctl", "launchctl"],
  ...["journalctl", "ip", "aws", "gcloud", "az", "terraform"],
  ...["helm", "ansible", "gem", "bundle", "composer", "openssl"],
]);

/** What git runs or writes by means of an option of some of its commands; an option may be abbreviated. */
const GIT_OPTIONS = ["--exec", "--upload-pack", "--receive-pack", "--ext-diff", "--extcmd", "--open-files-in-pager"]
  .concat(["--output", "--output-directory", "--template", "--config", "--config-env", "--textconv"]);
/** The short ones, with those commands. */
const GIT_SHORT_OPTIONS: Readonly<Record<string, RegExp>> = {
  grep: /^-[a-zA-Z0-9]*O/,
  rebase: /^-[a-z]*x/,
  clone: /^-[a-z]*[uc]/,
  archive: /^-o/,
  "format-patch": /^-o/,
};
/** Commands of git that run what their arguments say, now or later. */
const GIT_RUNNERS: ReadonlySet<string> = new Set([
  ...["config", "bisect", "submodule", "filter-branch", "difftool", "mergetool", "send-email", "instaweb", "hook"],
  ...["daemon", "shell", "help", "web--browse", "credential", "remote", "upload-pack", "receive-pack", "ls-remote"],
  ...["fetch-pack", "send-pack", "for-each-repo", "maintenance", "init", "worktree", "var", "fast-import"],
]);

/** Returns the rule that an answer for the whole session adds; `undefined` if there is none for such a call. */
export function ruleFor(call: ToolCall, context: RuleContext): RuleMatch | undefined {
  if (isPersonal(call) || isGuarded(call, context)) return undefined;
  if (isOrdinaryEdit(call, context)) return { kind: "edits" };
  if (Object.hasOwn(EDIT_TOOLS, call.toolName)) return undefined;
  const words = commandWords(call);
  if (words === undefined || !isPrefixSafe(words)) {
    return { kind: "exact", tool: call.toolName, input: exactInput(call) };
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
  if (isPersonal(call) || isGuarded(call, context)) {
    return { decision: policy === "deny" ? "deny" : "ask", by: "policy" };
  }
  if (rules.some((rule) => matches(rule, call, context))) return { decision: "allow", by: "rule" };
  return { decision: policy, by: "policy" };
}

/** Whether a rule allows a call. */
export function matches(rule: RuleMatch, call: ToolCall, context: RuleContext): boolean {
  switch (rule.kind) {
    case "exact":
      return rule.tool === call.toolName && rule.input === exactInput(call);
    case "edits":
      return isOrdinaryEdit(call, context);
    case "command": {
      const words = commandWords(call);
      return words !== undefined && isPrefixSafe(words) && rule.words.every((word, i) => words[i] === word);
    }
  }
}

function isPersonal({ requiresUserInteraction, toolName }: ToolCall): boolean {
  return requiresUserInteraction || PERSONAL_TOOLS.has(toolName);
}

/** An agent must not answer its own questions, or drive the hub that asks them, on the strength of a rule. */
function isGuarded(call: ToolCall, { guarded }: RuleContext): boolean {
  const text = JSON.stringify(call.input ?? null).toLowerCase();
  // A shell drops quotes and backslashes inside of a word.
  const unquoted = text.replaceAll(/["'\\]/g, "");
  return guarded.map((name) => name.toLowerCase()).some((name) => text.includes(name) || unquoted.includes(name));
}

/** The words of a shell command that is free of a shell's syntax. */
function commandWords({ toolName, input }: ToolCall): string[] | undefined {
  const command = field(input, "command");
  if (toolName !== SHELL_TOOL || command === undefined) return undefined;
  if (Object.keys(input as object).some((key) => !SHELL_FIELDS.has(key))) return undefined;
  if (SHELL_SYNTAX.test(command) || ODD_SPACE.test(command)) return undefined;
  const words = command.split(/[ \t]+/).filter((word) => word !== "");
  return words.length === 0 ? undefined : words;
}

/** Whether the first words of a command tell what it does. */
function isPrefixSafe([first = "", second = "", ...rest]: readonly string[]): boolean {
  if (!PLAIN_COMMAND.test(first)) return false;
  // Neither the case, on some systems, nor a version makes it another program.
  const program = first.toLowerCase().replace(/\.(?:exe|cmd|bat|com)$/, "");
  const family = program.replace(/[-.\d]+$/, "");
  if ([program, family].some((name) => RUNNERS.has(name))) return false;
  if (![program, family].some((name) => SUITES.has(name))) return true;
  return PLAIN_WORD.test(second) && (family !== "git" || isPlainGit(second, rest));
}

/** Whether a command of git does what its name says, and nothing else. */
function isPlainGit(command: string, words: readonly string[]): boolean {
  if (GIT_RUNNERS.has(command)) return false;
  const short = Object.hasOwn(GIT_SHORT_OPTIONS, command) ? GIT_SHORT_OPTIONS[command]! : undefined;
  return words.every((word) => {
    if (!word.startsWith("--")) return short === undefined || !short.test(word);
    const name = word.split("=")[0]!;
    return name === "--" || !GIT_OPTIONS.some((option) => option.startsWith(name));
  });
}

function isOrdinaryEdit({ toolName, input }: ToolCall, { directory, realPath }: RuleContext): boolean {
  const key = Object.hasOwn(EDIT_TOOLS, toolName) ? EDIT_TOOLS[toolName]! : undefined;
  const path = key === undefined ? undefined : field(input, key);
  if (path === undefined || path.includes("\0")) return false;
  const real = realPath(path.startsWith("/") ? path : `${directory}/${path}`);
  const root = directory === "/" ? "/" : `${directory}/`;
  if (real === undefined || !real.startsWith(root)) return false;
  return !real.slice(root.length).split("/").some((name) => GUARDED_NAMES.has(plainName(name)));
}

/** A name without what some file systems ignore in it: case, composition, invisible characters, dots at the end. */
function plainName(name: string): string {
  return name.normalize("NFKC").replaceAll(/\p{Cf}/gu, "").toLowerCase().replace(/[. ]+$/, "");
}

function field(input: unknown, name: string): string | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const value = (input as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

/** What an exact rule compares; what the agent says about a command is no part of it. */
function exactInput({ toolName, input }: ToolCall): string {
  if (toolName !== SHELL_TOOL || typeof input !== "object" || input === null) return sortedJson(input);
  const { description: _, ...rest } = input as Record<string, unknown>;
  return sortedJson(rest);
}

/** JSON text that is the same for equal values, however deep they are. */
function sortedJson(value: unknown): string {
  const root = { value: value ?? null };
  for (const todo: Record<string, unknown>[] = [root]; todo.length > 0;) {
    const container = todo.pop()!;
    for (const [key, inner] of Object.entries(container)) {
      if (typeof inner === "object" && inner !== null) todo.push(container[key] = sortedCopy(inner));
    }
  }
  return JSON.stringify(root.value);
}

function sortedCopy(value: object): Record<string, unknown> {
  if (Array.isArray(value)) return [...value] as unknown as Record<string, unknown>;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
