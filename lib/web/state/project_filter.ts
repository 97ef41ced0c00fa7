/**
 * Which projects, instances and sessions elsewhere Home shows.
 *
 * @module
 */

import type { Project } from "../../projects/types.ts";
import type { ExternalSession, Instance } from "../../remote/types.ts";
import type { Session } from "../../sessions/types.ts";

/** Returns the words of a filter. */
export function wordsOf(filter: string): readonly string[] {
  return filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
}

/** Whether all words occur in what is known of something. */
export function hasWords(texts: readonly (string | null | undefined)[], words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = texts.join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Returns the projects in which all words occur. */
export function filteredProjects(projects: readonly Project[], words: readonly string[]): readonly Project[] {
  return projects.filter(({ name, path, branch }) => hasWords([name, path, branch], words));
}

/** Returns the instances in which all words occur, those that run first. */
export function filteredInstances(instances: readonly Instance[], words: readonly string[]): readonly Instance[] {
  const found = instances.filter(({ name, project, mode, status }) => hasWords([name, project, mode, status], words));
  return [...found.filter(isLive), ...found.filter((instance) => !isLive(instance))];
}

/** Returns the sessions elsewhere in which all words occur. */
export function filteredExternal(
  sessions: readonly ExternalSession[],
  words: readonly string[],
): readonly ExternalSession[] {
  return sessions.filter(({ name, project, path }) => hasWords([name, project, path], words));
}

/** Whether the process of an instance runs. */
export function isLive({ status, pid }: Pick<Instance, "status" | "pid">): boolean {
  return status === "starting" || status === "running" || (status === "error" && pid !== null);
}

/** Returns the sessions whose agents work in a directory or below it. */
export function sessionsIn<S extends Pick<Session, "path">>(sessions: readonly S[], directory: string): readonly S[] {
  return sessions.filter(({ path }) => path === directory || path.startsWith(`${directory}/`));
}
