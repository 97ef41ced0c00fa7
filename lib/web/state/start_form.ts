/**
 * What somebody fills in to start a session.
 *
 * @module
 */

import type { Project } from "../../projects/types.ts";
import type { PermissionPolicy, Session, StartParams } from "../../sessions/types.ts";
import { BYPASS } from "./permission_modes.ts";

/** How many directories are suggested. */
const MAX_PATHS = 30;

/** What was filled in; an empty text stands for the default. */
export interface StartForm {
  /** The directory. */
  readonly path: string;
  /** The branch of a new work tree. */
  readonly worktree: string;
  /** The name. */
  readonly name: string;
  /** The first prompt. */
  readonly prompt: string;
  /** The model. */
  readonly model: string;
  /** The permission mode. */
  readonly mode: string;
  /** Who answers what the agent asks. */
  readonly policy: PermissionPolicy | "";
  /** More arguments for the agent CLI. */
  readonly claudeArgs: string;
  /** The id of a conversation to go on with. */
  readonly resume: string;
  /** Whether to go on with a copy of it. */
  readonly isFork: boolean;
  /** The directory's name, repeated to confirm that nobody is asked. */
  readonly confirm: string;
}

/** A form in which nothing was filled in. */
export const EMPTY_FORM: StartForm = {
  path: "",
  worktree: "",
  name: "",
  prompt: "",
  model: "",
  mode: "",
  policy: "",
  claudeArgs: "",
  resume: "",
  isFork: false,
  confirm: "",
};

/** Whether the agent would do everything without asking, which has to be confirmed. */
export function needsConfirmation({ mode, policy }: StartForm): boolean {
  return mode === BYPASS || policy === "allow";
}

/**
 * Returns the parameters of the operation.
 *
 * @param trusts Whether to record that the user trusts the directory.
 */
export function startParams(form: StartForm, trusts: boolean): StartParams {
  const { prompt, isFork, policy } = form;
  const texts = {
    name: form.name,
    worktree: form.worktree,
    model: form.model,
    permission_mode: form.mode,
    claude_args: form.claudeArgs,
    resume: form.resume,
    ...(needsConfirmation(form) ? { confirm: form.confirm } : {}),
  };
  const given = Object.entries(texts).map(([key, text]) => [key, text.trim()]).filter(([, text]) => text !== "");
  return {
    path: withoutSlash(form.path.trim()),
    ...Object.fromEntries(given),
    ...(policy === "" ? {} : { policy }),
    ...(prompt.trim() === "" ? {} : { prompt }),
    ...(isFork && form.resume.trim() !== "" ? { fork: true } : {}),
    ...(trusts ? { trust: true } : {}),
  };
}

/** Returns the directories of the sessions, the one that was used last first. */
export function recentPaths(sessions: Iterable<Pick<Session, "path" | "updated_at">>): readonly string[] {
  const newestFirst = [...sessions].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
  return [...new Set(newestFirst.map(({ path }) => path))].slice(0, MAX_PATHS);
}

/** Returns the directories that are offered: those of the sessions, then the projects in which there is none. */
export function offeredPaths(recent: readonly string[], projects: readonly Pick<Project, "path">[]): readonly string[] {
  return [...new Set([...recent, ...projects.map(({ path }) => path)])];
}

/** Returns the project of a directory that was filled in. */
export function projectAt<P extends Pick<Project, "path">>(projects: readonly P[], path: string): P | undefined {
  const wanted = withoutSlash(path.trim());
  return projects.find((project) => project.path === wanted);
}

/**
 * Returns the directory that is not trusted yet, if that is why a session was refused.
 *
 * @param host The host that was asked, which the message begins with; empty for the hub itself.
 */
export function untrustedPath(message: string, host = ""): string | undefined {
  const start = host === "" ? "" : `${host}: `;
  const text = message.startsWith(start) ? message.slice(start.length) : message;
  return /^(.+) is not trusted yet\b/s.exec(text)?.[1];
}

function withoutSlash(path: string): string {
  return path === "/" ? path : path.replace(/\/+$/, "");
}
