/**
 * Sessions that were brought to another machine, where directories have other paths, and where something may be missing
 * that was beside the store.
 *
 * @module
 */

import { findTranscript } from "../claude_home/transcript.ts";
import type { Store } from "../store/store.ts";
import { isMissing } from "../system/errno.ts";
import { type MovedDirectory, movedPath } from "../system/moved_path.ts";
import type { SessionRecord } from "./record.ts";
import { REMOVED } from "./retention.ts";

/** What sessions need and is not on this machine. */
export interface MissingParts {
  /** The directories of sessions that are not there, sorted. */
  readonly directories: readonly string[];
  /** The names of the sessions that have had a turn, and whose conversation the agent CLI does not have. */
  readonly conversations: readonly string[];
}

/**
 * Gives sessions the paths that their directories have now.
 *
 * @returns How many sessions have another path than before.
 */
export function moveSessions(store: Store, moved: readonly MovedDirectory[]): number {
  let count = 0;
  for (const row of store.sessions.all()) {
    const data = JSON.stringify(movedRecord(JSON.parse(row.data) as SessionRecord, moved));
    if (data === row.data) continue;
    store.sessions.update({ ...row, path: movedPath(row.path, moved), data });
    count++;
  }
  return count;
}

function movedRecord(record: SessionRecord, moved: readonly MovedDirectory[]): SessionRecord {
  const there = (path: string) => movedPath(path, moved);
  const path = there(record.path);
  const { worktree } = record;
  if (worktree === undefined) return { ...record, path };
  return {
    ...record,
    path,
    worktree: { ...worktree, path: there(worktree.path), repository: there(worktree.repository) },
  };
}

/**
 * Finds out what the sessions of a store need and this machine does not have.
 *
 * @param home The user's home directory, where the agent CLI keeps its conversations.
 */
export async function missingParts(store: Store, home: string): Promise<MissingParts> {
  const rows = store.sessions.all().filter(({ status }) => status !== REMOVED);
  const directories = new Set<string>();
  const conversations: string[] = [];
  for (const { data } of rows) {
    const { name, path, turns, claudeSessionId } = JSON.parse(data) as SessionRecord;
    if (!isDirectory(path)) directories.add(path);
    if (turns > 0 && await findTranscript(home, claudeSessionId) === undefined) conversations.push(name);
  }
  return { directories: [...directories].sort(), conversations };
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
