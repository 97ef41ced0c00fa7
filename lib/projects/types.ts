/**
 * What projects look like from outside: the objects that operations return and notices carry.
 *
 * @module
 */

/** A directory in which somebody works with agents: a direct child of the projects' root. */
export interface Project {
  /** The name of the directory. */
  readonly name: string;
  /** The path, absolute and without symlinks. */
  readonly path: string;
  /** Whether it is a git repository. */
  readonly is_git_repo: boolean;
  /** The branch that is checked out; `null` without one, or before git was asked. */
  readonly branch: string | null;
  /** How many files differ from the last commit; `null` if it is no git repository, or before git was asked. */
  readonly changes: number | null;
  /** Whether there is a `CLAUDE.md`. */
  readonly has_claude_md: boolean;
  /** Whether there is a directory `.claude`. */
  readonly has_claude_dir: boolean;
  /** Whether the user trusts it, in the agent CLI's own record. */
  readonly trust: "trusted" | "untrusted";
  /** Whether agents there may run without permissions. */
  readonly allow_bypass_permissions: boolean;
  /** How many sessions there are whose agent has not ended. */
  readonly sessions: number;
  /** The live remote-control instances, by id; absent if there are none. */
  readonly remote?: readonly string[];
  /** The usage so far, if it is known already. */
  readonly usage?: UsageSummary;
}

/** A directory of the root that is no project. */
export interface SkippedProject {
  /** The name, with control characters escaped. */
  readonly name: string;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** All projects. */
export interface ProjectList {
  /** The root; absent if none is configured. */
  readonly root?: string;
  /** The projects, sorted by name without case. */
  readonly projects: readonly Project[];
  /** What is in the root and no project. */
  readonly skipped: readonly SkippedProject[];
}

/** Names a project by its exact name. */
export interface ProjectReference {
  /** The name. */
  readonly project_name: string;
}

/** A work tree that was made for a session. */
export interface ProjectWorktree {
  /** The path. */
  readonly path: string;
  /** The branch; `null` if none is checked out. */
  readonly branch: string | null;
  /** The session that works there; absent if no session does. */
  readonly session?: string;
  /** How many files have uncommitted changes; `null` if git cannot tell. */
  readonly changes: number | null;
  /** How many commits no other branch and no remote has; `null` if git cannot tell. */
  readonly unpushed: number | null;
}

/** What `project.get` returns. */
export interface ProjectDetails extends Project {
  /** The work trees below `.claude/worktrees/`. */
  readonly worktrees: readonly ProjectWorktree[];
}

/** Parameters of `project.create`. */
export interface CreateProjectParams {
  /** The name of the new directory. */
  readonly name: string;
  /** Whether it becomes a git repository. @default {false} */
  readonly git_init?: boolean | undefined;
}

/** Parameters of `project.clone`. */
export interface CloneParams {
  /** The name of the new directory. @default {what the URL ends with} */
  readonly name?: string | undefined;
  /** From where. */
  readonly url: string;
  /** Whether only the newest commit is fetched. @default {false} */
  readonly shallow?: boolean | undefined;
}

/** A clone that is running, or has ended. */
export interface CloneJob {
  /** The id. */
  readonly id: string;
  /** The name of the project to be. */
  readonly name: string;
  /** From where, without credentials. */
  readonly url: string;
  /** What it is doing. */
  readonly status: "running" | "done" | "failed" | "cancelled";
  /** The step, in git's words, such as `Receiving objects`; absent before the first. */
  readonly phase?: string;
  /** How much of the step is done; absent if git does not say. */
  readonly percent?: number;
  /** How much is on the disk, in bytes. */
  readonly bytes: number;
  /** Why it failed. */
  readonly error?: string;
  /** When it was started. */
  readonly started_at: string;
  /** When it ended; absent while it runs. */
  readonly ended_at?: string;
}

/** The file `CLAUDE.md` of a project. */
export interface ClaudeMd {
  /** Whether the file is there. */
  readonly exists: boolean;
  /** What it contains; empty without one. */
  readonly content: string;
  /** The SHA-256 of the content, in hexadecimal; of nothing without a file. */
  readonly sha256: string;
  /** The size, in bytes. */
  readonly size: number;
  /** Whether running sessions or instances only know it after a restart. */
  readonly restart_hint: boolean;
}

/** Counts of tokens. */
export interface TokenCounts {
  /** What was read. */
  readonly input: number;
  /** What was written. */
  readonly output: number;
  /** What was read from the cache. */
  readonly cache_read: number;
  /** What was written to the cache. */
  readonly cache_creation: number;
}

/** What was used, and about what it costs. */
export interface UsageSummary {
  /** The tokens. */
  readonly tokens: TokenCounts;
  /** About what it costs, in US dollars; `null` if money is not shown. */
  readonly cost_usd: number | null;
}

/** The usage of a day, a model or a session. */
export interface UsagePart extends UsageSummary {
  /** The day (`2026-11-22`, in the hub's time zone), the model, or the id of the conversation. */
  readonly key: string;
}

/** What `project.usage` returns. */
export interface Usage extends UsageSummary {
  /** Always true: prices change, and not everything is in the transcripts. */
  readonly approximate: true;
  /** The models without a price. */
  readonly unpriced: readonly string[];
  /** By model, the most expensive first. */
  readonly by_model: readonly UsagePart[];
  /** By day, the oldest first. */
  readonly by_day: readonly UsagePart[];
  /** By conversation, the newest first. */
  readonly sessions: readonly UsagePart[];
}

/** A past conversation. */
export interface PastConversation {
  /** The id, with which it can be resumed or forked. */
  readonly id: string;
  /** Its title, or its first prompt. */
  readonly title: string;
  /** How many turns it has. */
  readonly turns: number;
  /** When something was last said. */
  readonly last_activity: string;
  /** The session of this hub that has it; absent if there is none. */
  readonly session?: string;
}

/** Something that was said in a past conversation. */
export interface PastTurn {
  /** The position in the transcript, from 0. */
  readonly index: number;
  /** Who. */
  readonly role: "user" | "assistant";
  /** When. */
  readonly at: string;
  /** What was said, as text; tools are named in brackets. */
  readonly text: string;
}

/** A page of a past conversation. */
export interface PastConversationPage extends PastConversation {
  /** The page, the oldest first. */
  readonly page: readonly PastTurn[];
}

/** A file that a session has changed. */
export interface ChangedFile {
  /** The path below the session's directory. */
  readonly path: string;
  /** The former path of a file that was renamed. */
  readonly former_path?: string;
  /** What happened. */
  readonly change: "added" | "modified" | "deleted" | "renamed" | "untracked";
  /** How many lines were added; `null` for binary files. */
  readonly added: number | null;
  /** How many lines were removed; `null` for binary files. */
  readonly removed: number | null;
  /** The unified diff of the file; absent if it is binary, or over the bounds. */
  readonly diff?: string;
}

/** What `session.changes` returns. */
export interface SessionDiff {
  /** The commit from which the session started; `null` if it started outside of a repository, or before any commit. */
  readonly base: string | null;
  /** The files, sorted by path, at most 500. */
  readonly files: readonly ChangedFile[];
  /** How many files there are in all. */
  readonly total_files: number;
  /** Whether diffs or files are missing because there are too many. */
  readonly truncated: boolean;
}

/** What is told of projects as it happens. */
export type ProjectNotice =
  | { readonly topic: "clones"; readonly job: CloneJob }
  /** Projects have changed: whoever shows them asks for them again. `name` is absent if it may be any. */
  | { readonly topic: "projects"; readonly name?: string };
