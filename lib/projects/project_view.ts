/**
 * Projects and their work trees as others see them.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { TrustReader, type TrustRecord } from "../claude_home/trust.ts";
import { TrustError } from "../claude_home/trust_error.ts";
import type { GitStates } from "./git_states.ts";
import type { ProjectsOptions, WorkingAgent } from "./project_options.ts";
import { isBelow, type ProjectPlace } from "./project_root.ts";
import type { Project, ProjectWorktree } from "./types.ts";
import type { WorktreePlace } from "./worktrees.ts";

/** See the module comment. */
export class ProjectView {
  readonly #options: ProjectsOptions;
  readonly #trust: TrustReader;
  readonly #git: GitStates;

  /** @param git What git has said. */
  constructor(options: ProjectsOptions, git: GitStates) {
    this.#options = options;
    this.#trust = new TrustReader(options.home);
    this.#git = git;
  }

  /** Returns the agents that run. */
  agents(): readonly WorkingAgent[] {
    return this.#options.agents?.() ?? [];
  }

  /**
   * Reads what the user trusts.
   *
   * @throws {TrustError} If that cannot be read.
   */
  async readTrust(): Promise<TrustRecord> {
    return await this.#trust.read();
  }

  /** Returns what the user trusts: nothing, if the record of it cannot be read. Who wants to change it is told why. */
  async trusted(): Promise<TrustRecord> {
    try {
      return await this.#trust.read();
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      return { covers: () => Promise.resolve(false) };
    }
  }

  /**
   * Describes a project.
   *
   * @param trusted What the user trusts.
   * @param sessions How many sessions run in it.
   */
  async describe(place: ProjectPlace, trusted: TrustRecord, sessions: number): Promise<Project> {
    const { allowsBypass, remoteOf, usageOf } = this.#options;
    const { name, path } = place;
    // This takes microseconds; asynchronous calls take ten times as long, which is too long for hundreds of projects.
    const isRepository = existsSync(`${path}/.git`);
    const state = isRepository ? this.#git.get(path) : undefined;
    const [remote, usage] = [remoteOf?.(name) ?? [], usageOf?.(place)];
    return {
      name,
      path,
      is_git_repo: isRepository,
      branch: state?.branch ?? null,
      changes: state?.changes ?? null,
      has_claude_md: existsSync(`${path}/CLAUDE.md`),
      has_claude_dir: existsSync(`${path}/.claude/`),
      trust: await trusted.covers(path, isRepository) ? "trusted" : "untrusted",
      allow_bypass_permissions: allowsBypass(path),
      sessions,
      ...(remote.length === 0 ? {} : { remote }),
      ...(usage === undefined ? {} : { usage }),
    };
  }

  /**
   * Describes the work trees of a project, with what git says now. One that is removed meanwhile is left out.
   *
   * @throws {RequestError} If there is no daemon.
   */
  async worktrees({ path }: ProjectPlace): Promise<ProjectWorktree[]> {
    const client = await this.#options.line.soon();
    const { listWorktrees, lookIntoWorktree } = await import("./worktrees.ts");
    const places = await listWorktrees(client, path);
    const shown = await Promise.all(places.map(async (place) => {
      const work = await lookIntoWorktree(client, place);
      return shownWorktree(place, this.#options.sessionOf?.(place.path), work);
    }));
    if (shown.every(({ changes, unpushed }) => changes !== null && unpushed !== null)) return shown;
    const left = new Set((await listWorktrees(client, path)).map((place) => place.path));
    return shown.filter((worktree) => left.has(worktree.path));
  }
}

function shownWorktree(
  { path, branch }: WorktreePlace,
  session: string | undefined,
  work: Pick<ProjectWorktree, "changes" | "unpushed">,
): ProjectWorktree {
  return { path, branch, ...(session === undefined ? {} : { session }), ...work };
}

/** Whether a path is a directory or below it. */
export function isIn(path: string, directory: string): boolean {
  return path === directory || isBelow(path, directory);
}

/** Counts the sessions that run in each project. */
export function countLive(places: readonly ProjectPlace[], agents: readonly WorkingAgent[]): Map<string, number> {
  const counts = new Map(places.map(({ path }) => [path, 0]));
  for (const { path, isSession } of agents) {
    if (!isSession) continue;
    for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
      const known = counts.get(at);
      if (known !== undefined) counts.set(at, known + 1);
    }
  }
  return counts;
}
