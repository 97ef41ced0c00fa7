/**
 * The directory of the projects, and the way from a name to a path in it. Every operation takes that way, and works with
 * the path without symlinks that it returns.
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { ProjectError } from "./project_error.ts";
import { checkProjectName, nameProblem, shownName } from "./project_name.ts";
import type { SkippedProject } from "./types.ts";

/** Where a project is. */
export interface ProjectPlace {
  /** The name. */
  readonly name: string;
  /** The path, absolute and without symlinks. */
  readonly path: string;
}

/** What the root contains. */
export interface RootContent {
  /** The root, absolute and without symlinks. */
  readonly root: string;
  /** The projects, sorted by name without case. */
  readonly places: readonly ProjectPlace[];
  /** The directories that are no projects. */
  readonly skipped: readonly SkippedProject[];
}

/** The directory of the projects. */
export class ProjectRoot {
  readonly #configured: string | undefined;

  /** @param configured The configured path, absolute; `undefined` if there is none. */
  constructor(configured: string | undefined) {
    this.#configured = configured;
  }

  /** Whether a root is configured. */
  get isConfigured(): boolean {
    return this.#configured !== undefined;
  }

  /**
   * Returns the root without symlinks.
   *
   * @throws {ProjectError} If none is configured, or it cannot be used.
   */
  async path(): Promise<string> {
    if (this.#configured === undefined) {
      throw new ProjectError("conflict", "there is no directory of projects: set projects.root in the configuration");
    }
    try {
      const path = await Deno.realPath(this.#configured);
      if ((await Deno.stat(path)).isDirectory) return path;
    } catch (error) {
      throw unusable(`projects.root ${this.#configured}`, error);
    }
    throw new ProjectError("conflict", `projects.root ${this.#configured} is not a directory: configure another one`);
  }

  /**
   * Finds a project.
   *
   * @throws {ProjectError} If no project can have the name, there is none, or it leads out of the root.
   */
  async find(name: string): Promise<ProjectPlace> {
    checkProjectName(name);
    const root = await this.path();
    const found = await resolve(root, name);
    if (found.kind === "project") return { name, path: found.path };
    if (found.kind === "skipped") {
      throw new ProjectError("refused", `project "${name}" cannot be used: ${found.reason}`);
    }
    throw new ProjectError("unknown", `there is no project "${name}" in ${root}`);
  }

  /**
   * Returns the path of a project that is about to be made.
   *
   * @throws {ProjectError} If no project can have the name, or something has it already.
   */
  async placeOfNew(name: string): Promise<ProjectPlace> {
    checkProjectName(name);
    const path = `${await this.path()}/${name}`;
    try {
      await Deno.lstat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { name, path };
      throw unusable(path, error);
    }
    throw existing(path);
  }

  /**
   * Looks through the root.
   *
   * @throws {ProjectError} If none is configured, or it cannot be read.
   */
  async look(): Promise<RootContent> {
    const root = await this.path();
    const [places, skipped]: [ProjectPlace[], SkippedProject[]] = [[], []];
    for (const { name, isDirectory, isSymlink } of await entriesOf(root)) {
      if (!isDirectory && !isSymlink) continue;
      const problem = nameProblem(name);
      // What is behind a symlink is only looked at where the name could be that of a project.
      const found: Resolved = problem !== undefined
        ? { kind: "skipped", reason: problem }
        : isSymlink
        ? await resolve(root, name)
        : { kind: "project", path: `${root}/${name}` };
      if (found.kind === "project") places.push({ name, path: found.path });
      if (found.kind === "skipped") skipped.push({ name: shownName(name), reason: found.reason });
    }
    return { root, places: places.sort(byName), skipped: skipped.sort(byName) };
  }
}

/** Says that a project cannot be made because there is something already. */
export function existing(path: string): ProjectError {
  return new ProjectError("conflict", `${path} exists already: choose another name`);
}

/** Whether a path is below a directory; both without symlinks. */
export function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory === "/" ? "/" : `${directory}/`) && path !== directory;
}

type Resolved =
  | { readonly kind: "project"; readonly path: string }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "none" };

/** Finds out where a name in the root leads. */
async function resolve(root: string, name: string): Promise<Resolved> {
  const given = `${root}/${name}`;
  let path: string;
  try {
    path = await Deno.realPath(given);
    if (!(await Deno.stat(path)).isDirectory) return { kind: "none" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return await isLink(given) ? skipped("leads nowhere") : { kind: "none" };
    if (errnoCode(error) === undefined) throw error;
    return { kind: "skipped", reason: errnoText(error) };
  }
  return isBelow(path, root) ? { kind: "project", path } : skipped("leads out of the directory of projects");
}

function skipped(what: string): Resolved {
  return { kind: "skipped", reason: `it is a symlink that ${what}` };
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function entriesOf(root: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(root));
  } catch (error) {
    throw unusable(`projects.root ${root}`, error);
  }
}

function unusable(what: string, error: unknown): unknown {
  if (errnoCode(error) === undefined) return error;
  return new ProjectError("conflict", `${what} cannot be used: ${errnoText(error)}`, { cause: error });
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  const [first, second] = [a.name.toLowerCase(), b.name.toLowerCase()];
  return first < second ? -1 : first > second ? 1 : a.name < b.name ? -1 : 1;
}
