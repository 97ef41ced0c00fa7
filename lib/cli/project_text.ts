/**
 * Shows projects, and what sessions have changed in them, to people.
 *
 * @module
 */

import type {
  ChangedFile,
  Project,
  ProjectDetails,
  ProjectList,
  ProjectWorktree,
  SessionDiff,
  UsageSummary,
} from "../projects/types.ts";
import type { Instance } from "../remote/types.ts";
import { safeTable } from "./safe_table.ts";
import { showControls, toOneLine } from "./terminal_text.ts";

const PROJECTS = ["NAME", "BRANCH", "CHANGES", "SESSIONS", "TRUST", "PATH"];
const WORKTREES = ["WORK TREE", "BRANCH", "CHANGES", "UNPUSHED", "SESSION"];
const FILES = ["CHANGE", "ADDED", "REMOVED", "FILE"];

/** Formats projects as a table. */
export function formatProjects({ root, projects }: ProjectList, columns: number): string {
  if (root === undefined) return "There is no directory of projects: set projects.root in the configuration.";
  const rows = projects.map((project) => [
    project.name,
    project.branch ?? "-",
    changesText(project),
    String(project.sessions),
    project.trust,
    project.path,
  ]);
  return safeTable([PROJECTS, ...rows], columns);
}

/** Returns a line for each directory that is no project. */
export function skippedLines({ skipped }: ProjectList): string[] {
  return skipped.map(({ name, reason }) => `skipped ${toOneLine(name)}: ${toOneLine(reason)}`);
}

/** What else is known of a project. */
export interface ProjectTextOptions {
  /** The names of sessions by id. */
  readonly names: ReadonlyMap<string, string>;
  /** The remote-control instances of the project. */
  readonly instances: readonly Instance[];
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
}

/** Formats everything about a project that matters to a person. */
export function formatProject(project: ProjectDetails, { names, instances, columns }: ProjectTextOptions): string {
  const facts = [
    ["name", project.name],
    ["path", project.path],
    ["trust", project.trust],
    ["branch", project.is_git_repo ? project.branch ?? "-" : "no git repository"],
    ["changes", changesText(project)],
    ["CLAUDE.md", project.has_claude_md ? "yes" : "no"],
    ["sessions", String(project.sessions)],
    ["remote control", remoteText(project, instances)],
    ...(project.usage === undefined ? [] : [["usage", usageText(project.usage)]]),
    ...(project.allow_bypass_permissions ? [["permissions", "may be bypassed"]] : []),
  ];
  const worktrees = project.worktrees.map((worktree) => worktreeRow(worktree, names));
  const table = worktrees.length === 0 ? [] : ["", safeTable([WORKTREES, ...worktrees], columns)];
  return [safeTable(facts, columns), ...table].join("\n");
}

function worktreeRow(
  { path, branch, changes, unpushed, session }: ProjectWorktree,
  names: ReadonlyMap<string, string>,
) {
  const owner = session === undefined ? "-" : names.get(session) ?? session;
  return [path, branch ?? "-", String(changes ?? "?"), String(unpushed ?? "?"), owner];
}

function remoteText({ remote = [] }: Project, instances: readonly Instance[]): string {
  const live = instances.filter(({ id }) => remote.includes(id));
  return live.length === 0 ? "none" : live.map(({ name, status }) => `${name} (${status})`).join(", ");
}

function usageText({ tokens: { input, output, cache_read, cache_creation }, cost_usd }: UsageSummary): string {
  const tokens = `${(input + output + cache_read + cache_creation).toLocaleString("en-US")} tokens`;
  return cost_usd === null ? tokens : `${tokens}, about $${cost_usd.toFixed(2)}`;
}

function changesText({ changes }: Project): string {
  return changes === null ? "-" : String(changes);
}

/** How changes are shown. */
export interface ChangesTextOptions {
  /** Whether the diffs follow the list of files. */
  readonly hasDiffs: boolean;
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
}

/** Formats what a session has changed. */
export function formatChanges(changes: SessionDiff, { hasDiffs, columns }: ChangesTextOptions): string {
  const { files, total_files: total, truncated } = changes;
  if (total === 0) return "Nothing has changed.";
  const rows = files.map((file) => [file.change, countText(file.added), countText(file.removed), pathText(file)]);
  const more = total > files.length ? [`and ${total - files.length} more files`] : [];
  const diffs = hasDiffs
    ? files.flatMap(({ diff }) => diff === undefined ? [] : ["", showControls(diff.trimEnd())])
    : [];
  const note = hasDiffs && truncated ? ["", "Some diffs are left out: there is too much of them."] : [];
  return [safeTable([FILES, ...rows], columns), ...more, ...diffs, ...note].join("\n");
}

function countText(lines: number | null): string {
  return lines === null ? "-" : String(lines);
}

function pathText({ path, former_path: former }: ChangedFile): string {
  return former === undefined ? path : `${former} -> ${path}`;
}
