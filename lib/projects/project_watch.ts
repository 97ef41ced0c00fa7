/**
 * Looks at the projects again and again while somebody watches, and tells of what has changed.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode } from "../system/errno.ts";
import type { GitStates } from "./git_states.ts";
import type { Project, ProjectList, ProjectNotice } from "./types.ts";

const TOPIC = "projects";
/** How often to look, in milliseconds. */
const LOOK_MS = 700;
/** How old an answer of git may be while somebody watches, in milliseconds. */
const FRESH_MS = 600;
/** How long to collect changes before they are told, in milliseconds. */
const COLLECT_MS = 100;
/** For how long a project that has changed is looked at more often than others, in milliseconds. */
const LIVELY_MS = 300_000;
/** How many of the other repositories git is asked about at each look. */
const OTHERS = 40;

/** Where notices of projects go, and who watches them. */
export interface ProjectTopics {
  /** Whether somebody watches a topic. */
  isWatched(topic: string): boolean;
  /** Tells those who watch the topic of a notice. */
  publish(notice: ProjectNotice): void;
  /** Calls a listener when a topic gets its first watcher, and when it has lost its last one. */
  onWatch(listener: (topic: string, isWatched: boolean) => void): Disposable;
}

/** Options of {@linkcode ProjectWatch}. */
export interface ProjectWatchOptions {
  /** Where notices go. */
  readonly topics: ProjectTopics;
  /** The source of time. */
  readonly clock: Clock;
  /** What git says. */
  readonly git: GitStates;
  /** Looks at the projects. */
  readonly look: () => Promise<ProjectList>;
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
}

/** See the module comment. */
export class ProjectWatch implements AsyncDisposable {
  readonly #options: ProjectWatchOptions;
  readonly #listening: Disposable;
  /** When each project last changed, by path. */
  readonly #changedAt = new Map<string, number>();
  readonly #changed = new Set<string>();
  /** The projects at the last look, as text, by path. */
  #last: ReadonlyMap<string, string> | undefined;
  /** The names of the projects, by path. */
  #names: ReadonlyMap<string, string> = new Map();
  /** When the directories of each repository were last written, by path. */
  #writtenAt: ReadonlyMap<string, string> = new Map();
  #looking: Promise<void> = Promise.resolve();
  #isActive = false;
  #cancelLook = () => {};
  #cancelNotice: (() => void) | undefined;

  /** Waits until somebody watches. */
  constructor(options: ProjectWatchOptions) {
    this.#options = options;
    this.#listening = options.topics.onWatch((topic, isWatched) => {
      if (topic === TOPIC) this.#setActive(isWatched);
    });
    this.#setActive(options.topics.isWatched(TOPIC));
  }

  /** Whether somebody watches. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** Tells soon that a project has changed. */
  noteChange(path: string): void {
    const { clock, topics } = this.#options;
    this.#changedAt.set(path, clock.elapsed());
    if (!topics.isWatched(TOPIC)) return;
    this.#changed.add(path);
    this.#cancelNotice ??= clock.after(COLLECT_MS, () => this.#tell());
  }

  /** Ends; settles when nothing is being looked at. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#setActive(false);
    await this.#looking;
  }

  #setActive(isActive: boolean): void {
    if (this.#isActive === isActive) return;
    this.#isActive = isActive;
    this.#cancelLook();
    if (isActive) return this.#lookSoon(0);
    this.#cancelNotice?.();
    this.#cancelNotice = undefined;
    this.#changed.clear();
    this.#last = undefined;
  }

  #lookSoon(ms: number): void {
    // A look may be due already: somebody came back while another one was going on.
    this.#cancelLook();
    this.#cancelLook = this.#options.clock.after(ms, () => {
      this.#looking = this.#looking.then(() => this.#look()).finally(() => {
        if (this.#isActive) this.#lookSoon(LOOK_MS);
      });
    });
  }

  async #look(): Promise<void> {
    const { look, onError } = this.#options;
    if (!this.#isActive) return;
    try {
      this.#compare((await look()).projects);
    } catch (error) {
      // A root that cannot be read is told to whoever asks for the list.
      if (!(error instanceof ClaustrumError)) onError(error);
    }
  }

  #compare(projects: readonly Project[]): void {
    const now = new Map(projects.map((project) => [project.path, JSON.stringify(project)]));
    const before = this.#last;
    this.#last = now;
    this.#names = new Map([...this.#names].filter(([path]) => before?.has(path)));
    this.#names = new Map([...this.#names, ...projects.map(({ path, name }) => [path, name] as const)]);
    if (before !== undefined) {
      for (const [path, text] of now) if (before.get(path) !== text) this.noteChange(path);
      for (const path of before.keys()) if (!now.has(path)) this.noteChange(path);
    }
    this.#askGit(projects.filter((project) => project.is_git_repo));
  }

  /** Those where something happens are asked first, then some of the others. */
  #askGit(repositories: readonly Project[]): void {
    const { clock, git } = this.#options;
    // Those that were asked about first are still being asked about.
    if (git.waiting > 0) return;
    this.#noteWritten(repositories);
    const isLively = ({ path, sessions }: Project) =>
      sessions > 0 || clock.elapsed() - (this.#changedAt.get(path) ?? -Infinity) < LIVELY_MS;
    const paths = (some: readonly Project[]) => some.map(({ path }) => path);
    const quiet = paths(repositories.filter((project) => !isLively(project)));
    git.want(paths(repositories.filter(isLively)), quiet, { ms: FRESH_MS, most: OTHERS });
  }

  /** Notes in which repositories something was written: at their top, or by git, such as another branch. */
  #noteWritten(repositories: readonly Project[]): void {
    const before = this.#writtenAt;
    this.#writtenAt = new Map(repositories.map(({ path }) => [path, lastWritten(path)]));
    for (const [path, at] of this.#writtenAt) {
      if (before.has(path) && before.get(path) !== at) this.#changedAt.set(path, this.#options.clock.elapsed());
    }
  }

  #tell(): void {
    this.#cancelNotice = undefined;
    const paths = [...this.#changed];
    this.#changed.clear();
    const [path] = paths;
    if (path === undefined) return;
    const name = paths.length === 1 ? this.#names.get(path) : undefined;
    this.#options.topics.publish({ topic: TOPIC, ...(name === undefined ? {} : { name }) });
  }
}

/** This takes microseconds, other than asking git. */
function lastWritten(path: string): string {
  return [path, `${path}/.git`].map((directory) => {
    try {
      return String(Deno.statSync(directory).mtime?.getTime());
    } catch (error) {
      // It was removed since it was listed.
      if (errnoCode(error) === undefined) throw error;
      return "";
    }
  }).join(" ");
}
