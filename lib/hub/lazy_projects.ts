/**
 * All about projects, which a hub loads when somebody asks for it the first time.
 *
 * @module
 */

import type { Clones, ClonesOptions } from "../projects/clones.ts";
import type { ProjectHistory } from "../projects/history.ts";
import type { Projects } from "../projects/projects.ts";
import type { ProjectUsage, ProjectUsageOptions } from "../projects/usage.ts";
import { importLate } from "../system/import_late.ts";
import type { Topics } from "../system/topics.ts";
import type { HubNotice } from "./hub_client.ts";
import type { OpenProjectsOptions } from "./open_projects.ts";

/** The projects, as operations use them. */
export interface HubProjects extends
  Pick<
    Projects,
    "list" | "get" | "create" | "trust" | "claudeMd" | "putClaudeMd" | "removeWorktree" | "removeWorktreeOf" | "changes"
  > {
  /** The directory of the projects. */
  readonly root: Pick<Projects["root"], "find">;
}

/** The clones that become projects, as operations use them. */
export interface HubClones extends Pick<Clones, "start" | "cancel"> {
  /** Returns the clones. */
  list(): ReturnType<Clones["list"]> | Promise<ReturnType<Clones["list"]>>;
}

/** What was used in projects, as operations use it. */
export type HubUsage = Pick<ProjectUsage, "read">;
/** What was said in projects, as operations use it. */
export type HubHistory = Pick<ProjectHistory, "list" | "conversation">;

/** What the projects are opened with. */
export interface LazyProjectsOptions {
  /** The projects. */
  readonly projects: Omit<OpenProjectsOptions, "usageOf">;
  /** The clones. */
  readonly clones: Omit<ClonesOptions, "root">;
  /** What was used. */
  readonly usage: ProjectUsageOptions;
  /** Who watches what. */
  readonly topics: Topics<HubNotice>;
  /** Called if they cannot be loaded. */
  readonly onError: (error: unknown) => void;
}

/** What is loaded at once. */
interface Loaded {
  readonly projects: Projects;
  readonly clones: Clones;
  readonly usage: ProjectUsage;
  readonly history: ProjectHistory;
}

/** See the module comment. */
export class LazyProjects implements AsyncDisposable {
  /** The projects. */
  readonly projects: HubProjects;
  /** The clones. */
  readonly clones: HubClones;
  /** What was used. */
  readonly usage: HubUsage;
  /** What was said. */
  readonly history: HubHistory;
  readonly #options: LazyProjectsOptions;
  readonly #parts = new AsyncDisposableStack();
  readonly #watching: Disposable;
  #loading: Promise<Loaded> | undefined;

  /** Does nothing until somebody asks, or watches the projects. */
  constructor(options: LazyProjectsOptions) {
    this.#options = options;
    const { topics, onError } = options;
    this.#watching = topics.onWatch((topic, isWatched) => {
      if (isWatched && topic === "projects") this.#all().catch(onError);
    });
    const projects = async () => (await this.#all()).projects;
    const clones = async () => (await this.#all()).clones;
    const history = async () => (await this.#all()).history;
    this.projects = {
      root: { find: async (name) => await (await projects()).root.find(name) },
      list: async () => await (await projects()).list(),
      get: async (name) => await (await projects()).get(name),
      create: async (params) => await (await projects()).create(params),
      trust: async (name) => await (await projects()).trust(name),
      claudeMd: async (name) => await (await projects()).claudeMd(name),
      putClaudeMd: async (...args) => await (await projects()).putClaudeMd(...args),
      removeWorktree: async (...args) => await (await projects()).removeWorktree(...args),
      removeWorktreeOf: async (...args) => await (await projects()).removeWorktreeOf(...args),
      changes: async (origin) => await (await projects()).changes(origin),
    };
    this.clones = {
      start: async (params) => await (await clones()).start(params),
      list: async () => (await clones()).list(),
      cancel: async (id) => await (await clones()).cancel(id),
    };
    this.usage = { read: async (path) => await (await this.#all()).usage.read(path) };
    this.history = {
      list: async (...args) => await (await history()).list(...args),
      conversation: async (...args) => await (await history()).conversation(...args),
    };
  }

  /** Ends what was loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#watching[Symbol.dispose]();
    await this.#loading?.catch(() => {}); // who has asked was told
    await this.#parts.disposeAsync();
  }

  #all(): Promise<Loaded> {
    return this.#loading ??= this.#load();
  }

  async #load(): Promise<Loaded> {
    const [{ openProjects }, { Clones }, { ProjectUsage }, { ProjectHistory }] = await Promise.all([
      importLate<typeof import("./open_projects.ts")>(import.meta.resolve("./open_projects.ts")),
      importLate<typeof import("../projects/clones.ts")>(import.meta.resolve("../projects/clones.ts")),
      importLate<typeof import("../projects/usage.ts")>(import.meta.resolve("../projects/usage.ts")),
      importLate<typeof import("../projects/history.ts")>(import.meta.resolve("../projects/history.ts")),
    ]);
    const { projects: forProjects, clones: forClones, usage: forUsage } = this.#options;
    const usage = this.#parts.use(new ProjectUsage(forUsage));
    const projects = this.#parts.use(openProjects({ ...forProjects, usageOf: ({ path }) => usage.known(path) }));
    const clones = this.#parts.use(new Clones({ ...forClones, root: projects.root }));
    return { projects, clones, usage, history: new ProjectHistory(forUsage.home) };
  }
}
