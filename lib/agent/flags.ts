/**
 * The flags of the agent CLI that a session may be started with, and why; and those that are refused, and why. A flag
 * that stands in neither table is refused, because it has not been reviewed yet.
 *
 * @module
 */

import { refusedAgents, refusedTools } from "./flag_values.ts";

/** How many values a flag takes. */
export type FlagValues = "none" | "one" | "several";

/** A flag that a session may be started with. */
export interface AllowedFlag {
  /** How many values it takes. */
  readonly takes: FlagValues;
  /** Why it is allowed. */
  readonly reason: string;
  /** Returns the rest of the sentence "The flag X …" if a value is refused. @default {all are allowed} */
  readonly refuses?: (value: string) => string | undefined;
}

/** The flags that a session may be started with. */
export const ALLOWED_FLAGS: Readonly<Record<string, AllowedFlag>> = {
  "--add-dir": { takes: "several", reason: "names more directories to work in" },
  "--agent": { takes: "one", reason: "chooses who answers" },
  "--agents": { takes: "one", reason: "defines agents that the session's agent may call", refuses: refusedAgents },
  "--allowedTools": { takes: "several", reason: "names calls that are not asked about", refuses: refusedTools },
  "--allowed-tools": { takes: "several", reason: "is another spelling of --allowedTools", refuses: refusedTools },
  "--append-system-prompt": { takes: "one", reason: "adds instructions" },
  "--betas": { takes: "several", reason: "chooses features of the model's API" },
  "--disable-slash-commands": { takes: "none", reason: "takes something away" },
  "--disallowedTools": { takes: "several", reason: "takes tools away" },
  "--disallowed-tools": { takes: "several", reason: "is another spelling of --disallowedTools" },
  "--effort": { takes: "one", reason: "chooses how much the model thinks" },
  "--fallback-model": { takes: "one", reason: "chooses a model" },
  "--max-budget-usd": { takes: "one", reason: "limits the cost" },
  "--max-turns": { takes: "one", reason: "limits the turns" },
  "--mcp-config": { takes: "several", reason: "names servers of tools, or defines them; their tools are asked about" },
  "--plugin-dir": { takes: "several", reason: "names plugins of the user's own" },
  "--strict-mcp-config": { takes: "none", reason: "takes servers of tools away" },
  "--system-prompt": { takes: "one", reason: "replaces the instructions" },
  "--tools": { takes: "several", reason: "chooses among the built-in tools" },
};

const BREAKS_PROTOCOL = "would change how the hub and the agent talk";
const NAMES_SESSION = "names another session; use the parameters `resume` and `fork`";
const AROUND_PERMISSIONS = "opens a way around permissions";
const NO_SESSION = "does something other than run a session";

/** Flags that are refused, with the rest of the sentence "The flag X …". */
export const REFUSED_FLAGS: Readonly<Record<string, string>> = {
  "--allow-dangerously-skip-permissions": AROUND_PERMISSIONS,
  "--dangerously-skip-permissions": AROUND_PERMISSIONS,
  "--permission-prompt-tool": AROUND_PERMISSIONS,
  "--settings": AROUND_PERMISSIONS,
  "--setting-sources": AROUND_PERMISSIONS,
  "--permission-mode": "is the parameter `permission_mode`",
  "--model": "is the parameter `model`",
  "--name": "is the parameter `name`",
  "-n": "is the parameter `name`",
  "--worktree": "is the parameter `worktree`",
  "-w": "is the parameter `worktree`",
  "--continue": NAMES_SESSION,
  "-c": NAMES_SESSION,
  "--resume": NAMES_SESSION,
  "-r": NAMES_SESSION,
  "--fork-session": NAMES_SESSION,
  "--session-id": NAMES_SESSION,
  "--from-pr": NAMES_SESSION,
  "--teleport": NAMES_SESSION,
  "--no-session-persistence": "takes away the transcript, which the hub reads",
  "--include-hook-events": BREAKS_PROTOCOL,
  "--include-partial-messages": BREAKS_PROTOCOL,
  "--input-format": BREAKS_PROTOCOL,
  "--json-schema": BREAKS_PROTOCOL,
  "--output-format": BREAKS_PROTOCOL,
  "--print": BREAKS_PROTOCOL,
  "-p": BREAKS_PROTOCOL,
  "--replay-user-messages": BREAKS_PROTOCOL,
  "--verbose": BREAKS_PROTOCOL,
  "--debug": BREAKS_PROTOCOL,
  "-d": BREAKS_PROTOCOL,
  "--debug-file": "writes a file wherever it is told to",
  "--bg": NO_SESSION,
  "--remote": NO_SESSION,
  "--remote-control": NO_SESSION,
  "--tmux": NO_SESSION,
  "--help": NO_SESSION,
  "-h": NO_SESSION,
  "--version": NO_SESSION,
  "-v": NO_SESSION,
  "--chrome": "gives the agent a browser that people have logged in with",
  "--ide": "gives the session to an editor",
};
