/**
 * The projects of a hub: what is in their directory, and what people do with them.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { keepTrusted, trust } from "../claude_home/trust.ts";
import { TrustError } from "../claude_home/trust_error.ts";
import { RpcCallError } from "../client/errors.ts";
import { runCommand } from "../client/run_command.ts";
import { ENVIRONMENT } from "../git/safe_git.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { PendingWork } from "../system/pending_work.ts";
import type { ClaudeMdContent } from "./claude_md.ts";
import { GitStates } from "./git_states.ts";
import { ProjectError } from "./project_error.ts";
import type { ProjectsOptions, WorkingAgent } from "./project_options.ts";
import { existing, type ProjectPlace, ProjectRoot } from "./project_root.ts";
import { countLive, isIn, ProjectView } from "./project_view.ts";
import { ProjectWatch } from "./project_watch.ts";
import type { DiffOrigin } from "./session_diff.ts";
import type { ClaudeMd, CreateProjectParams, Project, ProjectDetails, ProjectList, SessionDiff } from "./types.ts";
import type { WorktreeRemoval } from "./worktrees.ts";

/** How old an answer of git may be when a list is asked for, in milliseconds. */
const FRESH_MS = 1_000;
/** For how long projects are looked at before others get a turn, in milliseconds. */
const TURN_MS = 10;
/** How long `git init` may take, in milliseconds. */
const INIT_MS = 10_000;

/** What is not needed for lists is loaded when it is: a hub starts sooner, and occupies less memory. */
const claudeMdFile = () => import("./claude_md.ts");
const worktreeTools = () => import("./worktrees.ts");

/** See the module comment. */
export class Projects implements AsyncDisposable {
  /** The directory of the projects. */
  readonly root: ProjectRoot;
  readonly #options: ProjectsOptions;
  readonly #git: GitStates;
  readonly #view: ProjectView;
  readonly #watch: ProjectWatch;
  readonly #closing = new AbortController();
  readonly #work: PendingWork;
  /** The last write of a `CLAUDE.md`: two are never written at a time. */
  #writing: Promise<unknown> = Promise.resolve();

  /** Looks at nothing until somebody asks or watches. */
  constructor(options: ProjectsOptions) {
    const { line, clock, topics, onError } = options;
    this.#options = options;
    this.#work = new PendingWork(options.onError);
    this.root = new ProjectRoot(options.root);
    this.#git = new GitStates({ line, clock, onChange: (path) => this.#watch.noteChange(path), onError });
    this.#view = new ProjectView(options, this.#git);
    this.#watch = new ProjectWatch({ topics, clock, git: this.#git, look: () => this.list(), onError });
  }

  /**
   * Lists the projects. Git is asked in the background: its answers are in a later list, which the topic `projects`
   * announces.
   *
   * @throws {ProjectError} If the root cannot be read.
   */
  async list(): Promise<ProjectList> {
    if (!this.root.isConfigured) return { projects: [], skipped: [] };
    const [{ root, places, skipped }, trusted] = await Promise.all([this.root.look(), this.#view.trusted()]);
    const working = countLive(places, this.#view.agents());
    const projects: Project[] = [];
    const { clock } = this.#options;
    let turnAt = clock.elapsed();
    for (const place of places) {
      if (clock.elapsed() - turnAt >= TURN_MS) {
        await turn();
        turnAt = clock.elapsed();
      }
      projects.push(await this.#view.describe(place, trusted, working.get(place.path) ?? 0));
    }
    const repositories = projects.filter((project) => project.is_git_repo).map(({ path }) => path);
    this.#git.keep(new Set(repositories));
    if (!this.#watch.isActive) this.#git.want([], repositories, { ms: FRESH_MS });
    return { root, projects, skipped };
  }

  /**
   * Returns a project, with what git says now.
   *
   * @throws {ProjectError} If there is no such project.
   */
  async get(name: string): Promise<ProjectDetails> {
    const place = await this.root.find(name);
    const project = await this.#look(place);
    return { ...project, worktrees: project.is_git_repo ? await this.#view.worktrees(place) : [] };
  }

  /**
   * Makes a directory for a project.
   *
   * @throws {ProjectError} If it cannot be made, or git cannot make a repository in it; nothing is left then.
   */
  async create({ name, git_init: isRepository = false }: CreateProjectParams): Promise<Project> {
    const place = await this.root.placeOfNew(name);
    if (isRepository) await this.#options.line.soon();
    try {
      await Deno.mkdir(place.path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) throw existing(place.path);
      if (errnoCode(error) === undefined) throw error;
      throw new ProjectError("conflict", `${place.path} cannot be made: ${errnoText(error)}`, { cause: error });
    }
    if (isRepository) await this.#makeRepository(place);
    this.#watch.noteChange(place.path);
    return await this.#look(place);
  }

  /**
   * Records that the user trusts a project.
   *
   * @throws {ProjectError} If there is no such project, or the record cannot be changed.
   */
  async trust(name: string): Promise<Project> {
    const { home, clock } = this.#options;
    const place = await this.root.find(name);
    await asConflict(() => trust(home, place.path));
    this.#work.add(keepTrusted(home, place.path, { clock, signal: this.#closing.signal }));
    this.#watch.noteChange(place.path);
    return await this.#look(place);
  }

  /**
   * Returns the file `CLAUDE.md` of a project.
   *
   * @throws {ProjectError} If it cannot be read.
   */
  async claudeMd(name: string): Promise<ClaudeMd> {
    const { path } = await this.root.find(name);
    const { readClaudeMd } = await claudeMdFile();
    return this.#shown(path, await readClaudeMd(path));
  }

  /**
   * Writes the file `CLAUDE.md` of a trusted project.
   *
   * @param baseSha256 The SHA-256 of the content that the new one is based on.
   * @throws {ProjectError} If the project is not trusted, the file has changed, or it cannot be written.
   */
  async putClaudeMd(name: string, content: string, baseSha256: string): Promise<ClaudeMd> {
    const writing = this.#writing.then(async () => {
      const { path } = await this.root.find(name);
      const trusted = await asConflict(() => this.#view.readTrust());
      if (!await trusted.covers(path)) {
        throw new ProjectError("refused", `project "${name}" is not trusted yet: look at it, and trust it first`);
      }
      const { writeClaudeMd } = await claudeMdFile();
      const written = await writeClaudeMd(path, content, baseSha256);
      this.#watch.noteChange(path);
      return this.#shown(path, written);
    });
    // The next one waits for this one, whether it fails or not.
    this.#writing = writing.then(() => {}, () => {});
    return await writing;
  }

  /**
   * Removes a work tree of a project, with its branch.
   *
   * @throws {ProjectError} If an agent works there, or it has work that is not confirmed to be lost.
   */
  async removeWorktree(name: string, worktree: string, confirm?: string): Promise<void> {
    const { path } = await this.root.find(name);
    await this.removeWorktreeOf({ repository: path, worktree, confirm });
  }

  /**
   * Removes a work tree of any repository, with its branch.
   *
   * @param before Called when the work tree may be removed, right before it is; throws to keep it.
   * @throws {ProjectError} If an agent works there, or it has work that is not confirmed to be lost.
   */
  async removeWorktreeOf(removal: WorktreeRemoval, before: () => void = () => {}): Promise<void> {
    if (!existsSync(`${removal.repository}/.git`)) {
      throw new ProjectError("unknown", `${removal.repository} is no git repository, and has no work trees`);
    }
    const client = await this.#options.line.soon();
    const { removableWorktree, removeWorktree } = await worktreeTools();
    const place = await removableWorktree(client, removal);
    if (this.#view.agents().some(({ path }) => isIn(path, place.path))) {
      throw new ProjectError("conflict", `an agent works in ${place.path}: stop it first`);
    }
    before();
    await removeWorktree(client, removal.repository, place);
    this.#watch.noteChange(removal.repository);
  }

  /**
   * Returns what differs from where a session started.
   *
   * @throws {ProjectError} If git cannot say.
   */
  async changes(origin: DiffOrigin): Promise<SessionDiff> {
    const { sessionDiff } = await import("./session_diff.ts");
    return await sessionDiff(() => this.#options.line.soon(), origin);
  }

  /** Ends the background work. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watch[Symbol.asyncDispose]();
    await Promise.all([this.#git.close(), this.#writing, this.#work.finished()]);
  }

  /** Looks at one project, and asks git about it. */
  async #look(place: ProjectPlace): Promise<Project> {
    const working = countLive([place], this.#view.agents()).get(place.path) ?? 0;
    if (existsSync(`${place.path}/.git`) && this.#options.line.isUp) await this.#git.ask(place.path);
    return await this.#view.describe(place, await this.#view.trusted(), working);
  }

  async #makeRepository({ path }: ProjectPlace): Promise<void> {
    const { line } = this.#options;
    try {
      // The user's own settings count here: the name of the first branch, for example.
      const args = ["-C", path, "init", "--quiet"];
      const { code, stderr } = await runCommand(await line.soon(), {
        command: "git",
        args,
        env: ENVIRONMENT,
        timeoutMs: INIT_MS,
      });
      if (code === 0) return;
      throw new ProjectError("conflict", `git init failed in ${path}: ${new TextDecoder().decode(stderr).trim()}`);
    } catch (error) {
      await Deno.remove(path, { recursive: true });
      if (!(error instanceof RpcCallError)) throw error;
      throw new ProjectError("conflict", `git cannot be run: ${error.message}`, { cause: error });
    }
  }

  /** Agents read the file when they start: what those do that run already, only a restart changes. */
  #shown(path: string, { exists, content, sha256, size, writtenAt }: ClaudeMdContent): ClaudeMd {
    const isOlder = (agent: WorkingAgent) =>
      isIn(agent.path, path) && writtenAt !== undefined && agent.startedAt() <= writtenAt;
    return { exists, content, sha256, size, restart_hint: this.#view.agents().some(isOlder) };
  }
}

/** Settles after a turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function asConflict<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    throw new ProjectError("conflict", error.message, { cause: error });
  }
}
