/**
 * The schemas of projects.
 *
 * @module
 */

import * as v from "valibot";
import type {
  ChangedFile,
  ClaudeMd,
  CloneJob,
  PastConversation,
  PastConversationPage,
  Project,
  ProjectDetails,
  ProjectList,
  ProjectNotice,
  SessionDiff,
  TokenCounts,
  Usage,
  UsagePart,
  UsageSummary,
} from "../projects/types.ts";
import { count, type Schema } from "./schemas.ts";

const tokenCounts: Schema<TokenCounts> = v.object({
  input: count,
  output: count,
  cache_read: count,
  cache_creation: count,
});

const usageFields = { tokens: tokenCounts, cost_usd: v.nullable(v.number()) };
const usageSummary: Schema<UsageSummary> = v.object(usageFields);
const usagePart: Schema<UsagePart> = v.object({ key: v.string(), ...usageFields });

/** The usage of a project. */
export const usage: Schema<Usage> = v.object({
  ...usageFields,
  approximate: v.literal(true),
  unpriced: v.array(v.string()),
  by_model: v.array(usagePart),
  by_day: v.array(usagePart),
  sessions: v.array(usagePart),
});

const projectFields = {
  name: v.string(),
  path: v.string(),
  is_git_repo: v.boolean(),
  branch: v.nullable(v.string()),
  changes: v.nullable(count),
  has_claude_md: v.boolean(),
  has_claude_dir: v.boolean(),
  trust: v.picklist(["trusted", "untrusted"]),
  allow_bypass_permissions: v.boolean(),
  sessions: count,
  remote: v.exactOptional(v.array(v.string())),
  usage: v.exactOptional(usageSummary),
};

/** A project. */
export const project: Schema<Project> = v.object(projectFields);

/** All projects. */
export const projectList: Schema<ProjectList> = v.object({
  root: v.exactOptional(v.string()),
  projects: v.array(project),
  skipped: v.array(v.object({ name: v.string(), reason: v.string() })),
});

/** A project with what it takes longer to find out. */
export const projectDetails: Schema<ProjectDetails> = v.object({
  ...projectFields,
  worktrees: v.array(v.object({
    path: v.string(),
    branch: v.nullable(v.string()),
    session: v.exactOptional(v.string()),
    changes: v.nullable(count),
    unpushed: v.nullable(count),
  })),
});

/** A clone. */
export const cloneJob: Schema<CloneJob> = v.object({
  id: v.string(),
  name: v.string(),
  url: v.string(),
  status: v.picklist(["running", "done", "failed", "cancelled"]),
  phase: v.exactOptional(v.string()),
  percent: v.exactOptional(v.number()),
  bytes: count,
  error: v.exactOptional(v.string()),
  started_at: v.string(),
  ended_at: v.exactOptional(v.string()),
});

/** The file `CLAUDE.md`. */
export const claudeMd: Schema<ClaudeMd> = v.object({
  exists: v.boolean(),
  content: v.string(),
  sha256: v.string(),
  size: count,
  restart_hint: v.boolean(),
});

const conversationFields = {
  id: v.string(),
  title: v.string(),
  turns: count,
  last_activity: v.string(),
  session: v.exactOptional(v.string()),
};

/** A past conversation. */
export const pastConversation: Schema<PastConversation> = v.object(conversationFields);

/** A page of a past conversation. */
export const pastConversationPage: Schema<PastConversationPage> = v.object({
  ...conversationFields,
  page: v.array(v.object({
    index: count,
    role: v.picklist(["user", "assistant"]),
    at: v.string(),
    text: v.string(),
  })),
});

const changedFile: Schema<ChangedFile> = v.object({
  path: v.string(),
  former_path: v.exactOptional(v.string()),
  change: v.picklist(["added", "modified", "deleted", "renamed", "untracked"]),
  added: v.nullable(count),
  removed: v.nullable(count),
  diff: v.exactOptional(v.string()),
});

/** What a session has changed. */
export const sessionDiff: Schema<SessionDiff> = v.object({
  base: v.nullable(v.string()),
  files: v.array(changedFile),
  total_files: count,
  truncated: v.boolean(),
});

/** What is told of projects as it happens. */
export const projectNotice: Schema<{ readonly type: "notice" } & ProjectNotice> = v.union([
  v.object({ type: v.literal("notice"), topic: v.literal("clones"), job: cloneJob }),
  v.object({ type: v.literal("notice"), topic: v.literal("projects"), name: v.exactOptional(v.string()) }),
]);
